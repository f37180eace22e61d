import { hostname } from 'node:os';
import { EvenkeelError } from '../base/errors.ts';
import { type ClientTlsFiles, channelCreds } from './client-tls.ts';

export interface BootstrapOptions {
  /** `HOST:PORT` of the control plane; default `127.0.0.1:18000`, with TLS `127.0.0.1:18443`. */
  readonly server?: string | undefined;
  /** Namespace in which bare targets (`xds:///orders`) are looked up; default `POD_NAMESPACE`, else `default`. */
  readonly namespace?: string | undefined;
  /** Name under which the control plane lists this client; default `POD_NAME`, else the host's name. */
  readonly nodeId?: string | undefined;
  readonly region?: string | undefined;
  readonly zone?: string | undefined;
  readonly subZone?: string | undefined;
  /** Machine that the client's pod is on, from which the control plane can tell its zone; default `NODE_NAME`. */
  readonly kubeNode?: string | undefined;
  /** Workload that the client belongs to, as who it is listed as a caller; default: what its id is the name of a pod of. */
  readonly workload?: string | undefined;
  /** Whether the client reads `resource_errors` (gRFC A88), so that it is told why it does not get a resource; default false. */
  readonly resourceErrors?: boolean | undefined;
  /** Connects with TLS; default: without. */
  readonly tls?: ClientTlsFiles | undefined;
}

/** Where a control plane is looked for that is not named. */
export const defaultServer = '127.0.0.1:18000';
export const defaultTlsServer = '127.0.0.1:18443';

/** `HOST:PORT`, or a gRPC target with a scheme, which is passed on as it is. */
const serverUri = /^(?:(?:\[[0-9a-fA-F:.]+\]|[^\s:/]+):\d{1,5}|(?:dns|ipv4|ipv6|unix|unix-abstract):\S+)$/;

/**
 * The bootstrap that every gRPC client takes (gRFC A27, A53), as plain data.
 *
 * @throws EvenkeelError `EK_USAGE`
 */
export function clientBootstrap(options: BootstrapOptions, env: NodeJS.ProcessEnv = process.env): object {
  const kubeNode = options.kubeNode ?? env.NODE_NAME;
  const server = options.server ?? (options.tls === undefined ? defaultServer : defaultTlsServer);
  if (!serverUri.test(server)) {
    throw new EvenkeelError('EK_USAGE', `"${server}" is not the address of a control plane`, {
      field: '--server',
      hint: 'Write HOST:PORT, for example xds-srv:18000.',
    });
  }
  return {
    xds_servers: [
      {
        server_uri: server,
        channel_creds: channelCreds(options.tls),
        // Without ignore_resource_deletion a resource that is deleted by mistake fails calls that were fine (A53).
        server_features: ['xds_v3', 'ignore_resource_deletion'],
      },
    ],
    node: {
      id: options.nodeId ?? env.POD_NAME ?? hostname(),
      // grpc-js-xds refuses a bootstrap without a locality; an empty one will do.
      locality: { region: options.region ?? '', zone: options.zone ?? '', sub_zone: options.subZone ?? '' },
      metadata: {
        namespace: options.namespace ?? env.POD_NAMESPACE ?? 'default',
        ...(kubeNode === undefined ? {} : { kubeNode }),
        ...(options.workload === undefined ? {} : { workload: options.workload }),
        ...(options.resourceErrors === true ? { resourceErrors: true } : {}),
      },
    },
  };
}
