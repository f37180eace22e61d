import type { PeerCertificate } from 'node:tls';

const longest = 300;

/** In plain words, by the code of a system or TLS error. */
const words: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused: nothing listens there',
  ECONNRESET: 'the server closed the connection',
  EPIPE: 'the server closed the connection',
  ENOTFOUND: 'the name does not resolve',
  EAI_AGAIN: 'the name does not resolve: the DNS server does not answer',
  ENODATA: 'the name has no address',
  ESERVFAIL: 'the DNS server failed to resolve the name (SERVFAIL)',
  EREFUSED: 'the DNS server refuses to answer (REFUSED)',
  ETIMEOUT: 'the DNS server does not answer',
  EBADRESP: 'the answer of the DNS server cannot be read',
  ETIMEDOUT: 'nobody answers at that address',
  EHOSTUNREACH: 'there is no route to that address',
  ENETUNREACH: 'there is no route to that network',
  ENOENT: 'there is no such socket',
  EACCES: 'this user may not open that socket',
  CERT_HAS_EXPIRED: "the server's certificate has expired",
  CERT_NOT_YET_VALID: "the server's certificate is not valid yet",
  DEPTH_ZERO_SELF_SIGNED_CERT: "the server's certificate is signed by itself and not known here (--ca FILE)",
  SELF_SIGNED_CERT_IN_CHAIN: "the server's certificate is signed by an authority that is not known here (--ca FILE)",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    "the server's certificate is signed by an authority that is not known here (--ca FILE)",
  UNABLE_TO_GET_ISSUER_CERT: "the server's certificate is signed by an authority that is not known here (--ca FILE)",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    "the server's certificate is signed by an authority that is not known here (--ca FILE)",
  CERT_SIGNATURE_FAILURE: "the signature of the server's certificate is wrong (--ca FILE)",
  ERR_SSL_WRONG_VERSION_NUMBER: 'the server does not speak TLS',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'the server does not speak TLS',
  ERR_SSL_HTTP_REQUEST: 'the server does not speak TLS',
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: 'the server wants a client certificate (--cert, --key)',
  ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE:
    'the server refuses the TLS handshake; it may want a client certificate (--cert, --key)',
  ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE: 'the server refuses the client certificate (--cert, --key)',
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN: 'the server refuses the client certificate (--cert, --key)',
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED: 'the client certificate has expired (--cert, --key)',
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: 'the server does not know the authority of the client certificate (--cert, --key)',
  ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL: 'the server does not speak HTTP/2 over TLS (ALPN), which gRPC needs',
  ERR_SSL_TLSV1_UNRECOGNIZED_NAME: 'the server knows no such name (--server-name)',
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: 'the server speaks no version of TLS that this program speaks',
};

interface SystemError extends Error {
  readonly code?: string;
  readonly syscall?: string;
  readonly cert?: PeerCertificate;
  readonly errors?: readonly Error[];
}

/** What an error of a socket or of TLS comes to, in words, with the system's own behind them. */
export function reasonOf(error: unknown): string {
  const { code: given = '', cert, errors, message, syscall } = error as SystemError;
  const code = given === 'EPROTO' ? (codeOfTls(message) ?? given) : given;
  // Several addresses of a name were tried.
  if (message === '' && errors !== undefined && errors.length > 0) return reasonOf(errors[0]);
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    // An error that went through Node's HTTP client has its words alone, and the names are in them.
    if (cert === undefined) return bounded(`the server's certificate is for other names (--server-name): ${message}`);
    const names = cert.subjectaltname ?? cert.subject?.CN?.toString() ?? 'no names';
    return bounded(`the server's certificate is for other names (--server-name): it has ${names}`);
  }
  const ofDns = code === 'ECONNREFUSED' && syscall?.startsWith('query');
  const known = ofDns ? 'nothing listens where the DNS server ought to be' : words[code];
  // Of what OpenSSL says only the reason is for people.
  const detail = bounded(tlsReason(message ?? '') ?? message ?? String(error));
  if (known === undefined) return detail === '' ? code : detail;
  return detail === '' ? known : `${known} (${detail})`;
}

/** While something is written, Node tells OpenSSL's reason in the message alone. */
function codeOfTls(message: string): string | undefined {
  const reason = tlsReason(message);
  return reason === undefined ? undefined : `ERR_SSL_${reason.toUpperCase().replaceAll(' ', '_')}`;
}

function tlsReason(message: string): string | undefined {
  return /:SSL routines:[^:]*:([^:]+):/.exec(message)?.[1];
}

function bounded(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > longest ? `${line.slice(0, longest)}…` : line;
}
