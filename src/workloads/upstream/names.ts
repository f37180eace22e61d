import { isIP } from 'node:net';

type Env = Readonly<Record<string, string | undefined>>;

/**
 * The full name of a Service: with a DNS server of its own a client applies no search list, so a bare name gets the pod's
 * namespace. Anything with a dot, an address or `localhost` stays as it is.
 */
export function fullName(host: string, env: Env): string {
  if (host.includes('.') || host === 'localhost' || isIP(host) !== 0) return host;
  return `${host}.${env.POD_NAMESPACE || 'default'}.svc.cluster.local`;
}

/**
 * A gRPC target that asks the DNS server of `EVENKEEL_DNS`, where that is set: `dns:///grpc-svc:8000` becomes
 * `dns://127.0.0.1:5353/grpc-svc.default.svc.cluster.local:8000`. Other schemes, addresses and targets that name a server
 * stay as they are. grpc-js takes the server only with GRPC_NODE_USE_ALTERNATIVE_RESOLVER=true in the environment when it
 * is loaded.
 */
export function grpcTarget(target: string, env: Env = process.env): string {
  const server = env.EVENKEEL_DNS;
  const match = /^(?:dns:\/\/\/)?([^/:[\]]+)(?::([\w-]+))?$/.exec(target);
  if (!server || match === null) return target;
  const [, host, port] = match;
  if (isIP(host!) !== 0 || host === 'localhost') return target;
  return `dns://${server}/${fullName(host!, env)}${port === undefined ? '' : `:${port}`}`;
}
