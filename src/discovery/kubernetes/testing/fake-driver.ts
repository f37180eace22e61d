import type { CaseService, DiscoveryDriver } from '../../testing/cases.ts';
import { KubernetesDiscovery, type KubernetesDiscoveryOptions } from '../kubernetes-discovery.ts';
import type { ApiObject, FakeApiServer, Kind } from './fake-api-server.ts';
import { serviceObject, sliceObject } from './objects.ts';

/** Pauses after failures that a test need not sit through. */
const quickTimes = { minBackoffMs: 5, maxBackoffMs: 20, shortWatchMs: 50 } as const;

/** A discovery of the fake API server. */
export function discoveryOf(fake: FakeApiServer, options: KubernetesDiscoveryOptions = {}): KubernetesDiscovery {
  const { times, ...rest } = options;
  return new KubernetesDiscovery({ access: fake.access, times: { ...quickTimes, ...times }, ...rest });
}

/** What the API has where exactly these Services exist. */
export function objectsOf(services: readonly CaseService[]): Record<Kind, ApiObject[]> {
  return {
    services: services.map(({ name }) => serviceObject(`default/${name}`)),
    endpointslices: services.map(({ name, endpoints }) =>
      sliceObject(
        `default/${name}`,
        'x1',
        endpoints.map(({ address, terminating = false }) => ({
          address,
          terminating,
          ready: !terminating,
          serving: true,
        })),
      ),
    ),
  };
}

/** Stands between the cases and the fake API server. */
export function fakeDriver(fake: FakeApiServer): DiscoveryDriver {
  const told: Record<Kind, Map<string, string>> = { services: new Map(), endpointslices: new Map() };
  return {
    can: { remove: true, terminating: true },
    async tell(services) {
      fake.comeBack();
      const wanted = objectsOf(services);
      for (const kind of ['services', 'endpointslices'] as const) {
        const keys = new Set<string>();
        for (const object of wanted[kind]) {
          const key = `${object.metadata.namespace}/${object.metadata.name}`;
          keys.add(key);
          const text = JSON.stringify(object);
          // A real API server makes no new version of what did not change.
          if (told[kind].get(key) === text) continue;
          told[kind].set(key, text);
          fake.apply(kind, object);
        }
        for (const key of fake.keys(kind)) {
          if (keys.has(key)) continue;
          told[kind].delete(key);
          fake.delete(kind, key);
        }
      }
    },
    async fail() {
      fake.goDown();
    },
    discovery: () => discoveryOf(fake),
  };
}
