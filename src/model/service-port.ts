import type { Service, ServicePort } from './service.ts';

/** What a port is called and what it says that it speaks. */
type Described = Pick<ServicePort, 'name' | 'appProtocol'>;

/** HTTP/2 without TLS, which is what gRPC is spoken over, in every spelling that is not used for something else too. */
const grpcProtocols = new Set(['grpc', 'h2c', 'kubernetes.io/h2c']);
const httpProtocols = new Set(['http', 'kubernetes.io/ws']);

/** Whether a port is served without being asked for: it speaks gRPC, or HTTP/2 without TLS. */
export function isGrpcPort(port: Described): boolean {
  return grpcProtocols.has(protocolOf(port));
}

/** Whether a port speaks HTTP/1.1 without TLS. */
export function isHttpPort(port: Described): boolean {
  return httpProtocols.has(protocolOf(port));
}

/**
 * What a port speaks: its `appProtocol`, where it has one, whatever its name is. A name says it by Istio's convention,
 * `PROTOCOL[-SUFFIX]`, in which `grpc-web` is a protocol of its own.
 */
function protocolOf({ name, appProtocol = '' }: Described): string {
  if (appProtocol !== '') return appProtocol.toLowerCase();
  return /^grpc-web(-|$)/.test(name) ? 'grpc-web' : name.split('-', 1)[0]!;
}

/**
 * The port that a target without one means, or why there is none.
 *
 * Of the gRPC ports, or where there is none of all: the only one, else the one that is called `grpc`, else port 80, else the
 * first. A port that is added makes no name unknown that clients dial already.
 */
export function defaultPort({ ports }: Pick<Service, 'ports'>): ServicePort | { readonly reason: string } {
  const grpc = ports.filter(isGrpcPort);
  const candidates = grpc.length > 0 ? grpc : ports;
  return (
    candidates.find(({ name }) => name === 'grpc') ??
    candidates.find(({ port }) => port === 80) ??
    candidates[0] ?? { reason: 'the Service has no port' }
  );
}

/**
 * The port that a target means, or why there is none.
 *
 * @param wanted - a number or a name; a number always means what it says, even where a port is called by another one's.
 *   Undefined: the one of {@link defaultPort}.
 */
export function findPort(
  { ports }: Pick<Service, 'ports'>,
  wanted: string | undefined,
): ServicePort | { readonly reason: string } {
  if (wanted === undefined) return defaultPort({ ports });
  const found =
    ports.find(({ port }) => String(port) === wanted) ??
    ports.find(({ otherNumbers = [] }) => otherNumbers.map(String).includes(wanted)) ??
    ports.find(({ name }) => name === wanted);
  return found ?? { reason: `the Service has no port ${wanted}` };
}

/** A sentence for people where several gRPC ports leave a choice to `defaultPort`; undefined where they do not. */
export function ambiguityOf(service: Pick<Service, 'ports'>): string | undefined {
  const grpc = service.ports.filter(isGrpcPort);
  const chosen = defaultPort(service);
  if (grpc.length < 2 || 'reason' in chosen) return undefined;
  const others = grpc.filter((port) => port !== chosen).map(describePort);
  const what = `a target without a port means ${describePort(chosen)}`;
  return `it has several gRPC ports: ${what}; name the port to reach ${others.join(', ')}`;
}

/** `50051 (grpc)`, or the number alone. */
export function describePort({ port, name }: Pick<ServicePort, 'port' | 'name'>): string {
  return name === '' ? String(port) : `${port} (${name})`;
}
