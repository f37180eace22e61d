import {
  AdsServer,
  buildApiListener,
  buildAssignment,
  buildEdsCluster,
  buildRoute,
  type LocalitySpec,
  SnapshotCache,
} from '@evenkeel/xds';
import { formatAddress } from '../../base/listen-address.ts';

/** Pods of a zone that are ready, as a peer publishes them. */
export interface ZonePods {
  readonly zone: string;
  readonly addresses: readonly string[];
}

/** A control plane that gives each client its own zone first (priority 0), and all others after it. */
export interface PriorityServer {
  /** `HOST:PORT` */
  readonly address: string;
  publish(pods: readonly ZonePods[]): void;
  close(): Promise<void>;
}

export async function startPriorities(name: string, port: number, zones: readonly string[]): Promise<PriorityServer> {
  const cache = new SnapshotCache();
  const server = new AdsServer({ cache, group: ({ locality }) => locality.zone });
  cache.update({
    set: [buildApiListener({ name, routeName: name }), buildRoute({ name, cluster: name }), buildEdsCluster({ name })],
  });
  const { host, port: listening } = await server.listen({ host: '127.0.0.1', port: 0 });
  return {
    address: formatAddress(host, listening),
    publish(pods) {
      for (const own of zones) {
        const localities = byPriority(own, pods, port);
        cache.set(buildAssignment({ clusterName: name, localities }), { group: own });
      }
    },
    close: () => server.close(),
  };
}

/** Zones without a pod are left out, so that there is no gap; zones of one priority count by their pods. Pure. */
export function byPriority(own: string, pods: readonly ZonePods[], port: number): LocalitySpec[] {
  const present = pods.filter(({ addresses }) => addresses.length > 0);
  const hasOwn = present.some(({ zone }) => zone === own);
  return present.map(({ zone, addresses }) => ({
    ...{ zone, weight: addresses.length, priority: zone === own || !hasOwn ? 0 : 1 },
    endpoints: addresses.map((address) => ({ address, port })),
  }));
}
