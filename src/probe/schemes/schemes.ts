import type { SchemeEntry } from './scheme.ts';

const roundRobin = 'the client connects to every pod that DNS named and takes them in turn';
const xdsRoundRobin = 'the control plane names every pod and the client takes them in turn';
const crossing = 'no call was on its way when a pod said GOAWAY; one that is gets lost without retries';
const toldInTime = 'the client was told of pods that go and sent them nothing more before they ended';

/** Every way of calling, in the order of every table. A new one is an entry here. */
const entries = {
  'clusterip-http-new-connections': {
    title: 'HTTP through the ClusterIP, a connection for each call',
    ...{ protocol: 'http', connections: 'new', backend: 'http', via: 'clusterip', scales: false },
    expected: {
      verdict: 'balanced',
      why: 'the Service picks a pod for each connection at random, and every call opened one',
      do: 'keep it where calls are few; a connection for each call costs a round trip and a port',
    },
    kept: 'every call opened a connection, and new ones go to ready pods only',
  },
  'clusterip-http-keepalive': {
    title: 'HTTP through the ClusterIP, one kept-alive connection',
    ...{ protocol: 'http', connections: 'one', backend: 'http', via: 'clusterip', scales: false },
    expected: {
      verdict: 'pinned',
      why: 'the Service picks a pod for each connection, and this client keeps one open',
      do: 'balance by call: an L7 proxy, or a client that knows every pod',
    },
    kept: 'a pod that drains ends the connection with an answer, and the client opens another',
  },
  'clusterip-grpc': {
    title: 'gRPC through the ClusterIP',
    ...{ protocol: 'grpc', connections: 'one', policy: 'pick_first', backend: 'grpc', via: 'clusterip', scales: false },
    expected: {
      verdict: 'pinned',
      why: 'gRPC sends every call over one connection, and the Service picks a pod only for a new one',
      do: 'use xds:/// or a headless Service with round_robin; a ClusterIP cannot balance gRPC',
    },
    kept: crossing,
  },
  'headless-pick-first': {
    title: 'gRPC to a headless Service, default policy',
    ...{ protocol: 'grpc', connections: 'one', policy: 'pick_first', backend: 'grpc', via: 'headless', scales: false },
    expected: {
      verdict: 'pinned',
      why: 'DNS names every pod, and pick_first, the default policy, stays with the first that it reaches',
      do: 'set loadBalancingConfig to round_robin in the service config, or use xds:///',
    },
    kept: crossing,
  },
  'headless-round-robin': {
    title: 'gRPC to a headless Service, round_robin',
    ...{
      protocol: 'grpc',
      connections: 'every',
      policy: 'round_robin',
      backend: 'grpc',
      via: 'headless',
      scales: true,
    },
    expected: {
      verdict: 'balanced',
      why: roundRobin,
      do: 'fine while pods stay; see the scale-out for what it does not notice',
    },
    learning: {
      followed: 'a connection broke, so the client resolved the name again',
      not: 'gRPC resolves a name again only when a connection breaks, and none did',
      do: 'give the servers a MaxConnectionAge, or use xds:///',
    },
    scaleIn: {
      why: 'a pod that ends says so on its connections (GOAWAY), and the client turns to the others',
      do: 'nothing, as long as pods drain before they end',
    },
    kept: crossing,
  },
  'headless-round-robin-max-age': {
    title: 'the same, servers close connections after MaxConnectionAge',
    ...{
      protocol: 'grpc',
      connections: 'every',
      policy: 'round_robin',
      backend: 'aged',
      via: 'headless',
      scales: true,
    },
    expected: {
      verdict: 'balanced',
      why: roundRobin,
      do: 'fine where pods come rarely: new ones are seen when a connection reaches its age',
    },
    learning: {
      followed: 'servers close connections at their age, and the client then resolves the name again',
      not: 'no connection reached its age, or DNS was asked too recently',
      do: 'shorten MaxConnectionAge, or use xds:///',
    },
    kept: crossing,
  },
  'l7-envoy': {
    title: 'gRPC through an L7 proxy (Envoy)',
    ...{ protocol: 'grpc', connections: 'one', policy: 'pick_first', backend: 'grpc', via: 'proxy', scales: true },
    expected: {
      verdict: 'balanced',
      why: 'the proxy takes the connection and picks a pod for every call',
      do: 'fine where a hop and a proxy to run are no matter; xds:/// needs neither',
    },
    learning: {
      followed: 'the proxy was told of the change',
      not: 'the proxy was not told of the change',
      do: 'check what feeds the proxy its endpoints',
    },
    kept: 'the proxy was told of pods that go and sent them nothing more before they ended',
  },
  'xds-dns': {
    title: 'xds:/// with a control plane that reads DNS SRV',
    ...{ protocol: 'grpc', connections: 'xds', backend: 'grpc', via: 'xds-dns', scales: true },
    expected: {
      verdict: 'balanced',
      why: xdsRoundRobin,
      do: 'fine; a control plane that watches for changes instead of asking DNS follows them sooner',
    },
    learning: {
      followed: 'the control plane asks DNS again and again and pushes what is new',
      not: 'DNS had not told the control plane yet',
      do: 'shorten the interval, or use a source that watches for changes',
    },
    kept: toldInTime,
  },
  xds: {
    title: 'xds:/// with a control plane that watches for changes',
    ...{ protocol: 'grpc', connections: 'xds', backend: 'grpc', via: 'xds', scales: true },
    expected: { verdict: 'balanced', why: xdsRoundRobin, do: 'nothing: this is the way to go' },
    learning: {
      followed: 'the control plane was told of the change and pushed it',
      not: 'the change did not come through the control plane',
      do: 'check the control plane: /readyz and /config_dump on its admin port',
    },
    kept: toldInTime,
  },
} as const satisfies Readonly<Record<string, SchemeEntry>>;

export type SchemeId = keyof typeof entries;

/** A way of calling; the same everywhere, whatever the environment. */
export interface Scheme extends SchemeEntry {
  readonly id: SchemeId;
}

/** Every scheme id, in the order of every table. */
export const schemeIds = Object.keys(entries) as SchemeId[];

export const schemes = Object.fromEntries(schemeIds.map((id) => [id, { id, ...entries[id] }])) as unknown as Readonly<
  Record<SchemeId, Scheme>
>;

/** Those of `ids` that call one of these. */
export function schemesVia(ids: readonly SchemeId[], ...via: readonly Scheme['via'][]): SchemeId[] {
  return ids.filter((id) => via.includes(schemes[id].via));
}
