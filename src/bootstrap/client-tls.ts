import { isIP } from 'node:net';
import { EvenkeelError } from '../base/errors.ts';

/** PEM files on the client's side, for a control plane that is served with TLS. */
export interface ClientTlsFiles {
  /** Authorities of the control plane's certificate; undefined: those of the client's system. */
  readonly ca?: string | undefined;
  /** The client's own certificate, where the control plane asks for one. */
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

/** The flags from which {@link ClientTlsFiles} are made. */
export interface TlsFlags {
  readonly tls?: true;
  readonly tlsCa?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
}

/** How long a client may go on with files that have changed. A65: it reads them again at this interval. */
const refreshInterval = '60s';

/**
 * What the flags ask for; undefined: no TLS.
 *
 * @throws EvenkeelError `EK_USAGE` for a certificate without its key, or the reverse
 */
export function clientTlsOf({ tls, tlsCa, tlsCert, tlsKey }: TlsFlags): ClientTlsFiles | undefined {
  if ((tlsCert === undefined) !== (tlsKey === undefined)) {
    const field = tlsCert === undefined ? '--tls-cert' : '--tls-key';
    throw new EvenkeelError('EK_USAGE', 'a certificate and its key belong together', {
      field,
      hint: 'Give both --tls-cert and --tls-key, or neither.',
    });
  }
  if (tls === undefined && tlsCa === undefined && tlsCert === undefined) return undefined;
  return { ca: tlsCa, cert: tlsCert, key: tlsKey };
}

/**
 * `channel_creds` of a gRPC client's bootstrap (gRFC A65). One entry alone: a client takes the first that it knows, and must
 * not fall back to plaintext.
 */
export function channelCreds(tls: ClientTlsFiles | undefined): object[] {
  if (tls === undefined) return [{ type: 'insecure' }];
  const { ca, cert, key } = tls;
  const files = {
    ...(ca !== undefined && { ca_certificate_file: ca }),
    ...(cert !== undefined && { certificate_file: cert, private_key_file: key }),
  };
  const config = Object.keys(files).length === 0 ? {} : { ...files, refresh_interval: refreshInterval };
  return [{ type: 'tls', config }];
}

/** Where Debian and most images keep the system's authorities; Envoy, unlike gRPC, trusts nobody by itself. */
const systemAuthorities = '/etc/ssl/certs/ca-certificates.crt';

/**
 * `transport_socket` of Envoy's cluster for its control plane. The certificate has to have the host's name, which Envoy does
 * not look at unless it is told to.
 */
export function envoyTransportSocket({ ca = systemAuthorities, cert, key }: ClientTlsFiles, host: string): object {
  const isAddress = isIP(host) !== 0;
  return {
    name: 'envoy.transport_sockets.tls',
    typed_config: {
      '@type': 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext',
      ...(isAddress ? {} : { sni: host }),
      common_tls_context: {
        alpn_protocols: ['h2'],
        tls_params: { tls_minimum_protocol_version: 'TLSv1_2', tls_maximum_protocol_version: 'TLSv1_3' },
        validation_context: {
          trusted_ca: { filename: ca },
          match_typed_subject_alt_names: [{ san_type: isAddress ? 'IP_ADDRESS' : 'DNS', matcher: { exact: host } }],
        },
        ...(cert !== undefined && {
          tls_certificates: [{ certificate_chain: { filename: cert }, private_key: { filename: key } }],
        }),
      },
    },
  };
}
