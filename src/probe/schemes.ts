import { EvenkeelError } from '../base/errors.ts';

/** What the client of a scheme does; the same everywhere, whatever the fixture. */
export interface Scheme {
  readonly id: SchemeId;
  readonly protocol: 'grpc' | 'http';
  /**
   * How the client picks a connection for a call: one for every call (`new`), the same one for all (`one`), every
   * backend's in turn (`every`), or whatever the control plane says (`xds`).
   */
  readonly connections: 'new' | 'one' | 'every' | 'xds';
  /** gRPC load-balancing policy in the client's service config; undefined for HTTP and where xDS decides. */
  readonly policy?: 'pick_first' | 'round_robin' | undefined;
  /** Whether scale-out and scale-in are measured for it. */
  readonly scales: boolean;
  /** What a reader should know it as, a few words. */
  readonly title: string;
}

/** Every scheme id, in the order of every table. */
export const schemeIds = [
  'clusterip-http-new-connections',
  'clusterip-http-keepalive',
  'clusterip-grpc',
  'headless-pick-first',
  'headless-round-robin',
  'headless-round-robin-max-age',
  'l7-envoy',
  'xds-dns',
  'xds',
] as const;

export type SchemeId = (typeof schemeIds)[number];

export const schemes: Readonly<Record<SchemeId, Scheme>> = {
  'clusterip-http-new-connections': {
    id: 'clusterip-http-new-connections',
    protocol: 'http',
    connections: 'new',
    scales: false,
    title: 'HTTP through the ClusterIP, a connection for each call',
  },
  'clusterip-http-keepalive': {
    id: 'clusterip-http-keepalive',
    protocol: 'http',
    connections: 'one',
    scales: false,
    title: 'HTTP through the ClusterIP, one kept-alive connection',
  },
  'clusterip-grpc': {
    id: 'clusterip-grpc',
    protocol: 'grpc',
    connections: 'one',
    policy: 'pick_first',
    scales: false,
    title: 'gRPC through the ClusterIP',
  },
  'headless-pick-first': {
    id: 'headless-pick-first',
    protocol: 'grpc',
    connections: 'one',
    policy: 'pick_first',
    scales: false,
    title: 'gRPC to a headless Service, default policy',
  },
  'headless-round-robin': {
    id: 'headless-round-robin',
    protocol: 'grpc',
    connections: 'every',
    policy: 'round_robin',
    scales: true,
    title: 'gRPC to a headless Service, round_robin',
  },
  'headless-round-robin-max-age': {
    id: 'headless-round-robin-max-age',
    protocol: 'grpc',
    connections: 'every',
    policy: 'round_robin',
    scales: true,
    title: 'the same, servers close connections after MaxConnectionAge',
  },
  'l7-envoy': {
    id: 'l7-envoy',
    protocol: 'grpc',
    connections: 'one',
    policy: 'pick_first',
    scales: true,
    title: 'gRPC through an L7 proxy (Envoy)',
  },
  'xds-dns': {
    id: 'xds-dns',
    protocol: 'grpc',
    connections: 'xds',
    scales: true,
    title: 'xds:/// with a control plane that reads DNS SRV',
  },
  xds: {
    id: 'xds',
    protocol: 'grpc',
    connections: 'xds',
    scales: true,
    title: 'xds:/// with a control plane that is told of changes',
  },
};

/**
 * Parses `a,b,c`; order and duplicates do not matter, the answer is in the order of {@link schemeIds}.
 *
 * @throws EvenkeelError `EK_UNKNOWN_SCHEME`, naming those that exist
 */
export function parseSchemeList(text: string, field = '--schemes'): SchemeId[] {
  const wanted = text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
  const unknown = wanted.find((name) => !Object.hasOwn(schemes, name));
  if (unknown !== undefined || wanted.length === 0) {
    throw new EvenkeelError(
      'EK_UNKNOWN_SCHEME',
      unknown === undefined ? 'the list of schemes is empty' : `there is no scheme "${unknown}"`,
      { field, hint: `Known schemes: ${schemeIds.join(', ')}.` },
    );
  }
  return schemeIds.filter((id) => wanted.includes(id));
}
