import type { Discovery, DiscoveryObserver } from '../../../src/discovery/discovery.ts';
import { KubernetesDiscovery } from '../../../src/discovery/kubernetes/kubernetes-discovery.ts';
import type { CaseService, DiscoveryDriver } from '../../../src/discovery/testing/cases.ts';
import type { Service, ServiceId } from '../../../src/model/service.ts';
import { type Api, serviceObject, servicePath, sliceObject, slicePath } from './api.ts';
import type { Cuttable } from './cuttable.ts';

/** The cases have loopback addresses, which no API server takes. */
const toCluster = (address: string): string => address.replace(/^127\./, '10.');
const fromCluster = (address: string): string => address.replace(/^10\./, '127.');

/** Stands between the cases and a real API server, in a namespace of its own. */
export function clusterDriver(api: Api, cable: Cuttable, namespace: string): DiscoveryDriver {
  const existing = new Set<string>();
  const write = async ({ name, endpoints }: CaseService): Promise<void> => {
    existing.add(name);
    const told = endpoints.map(({ address, ...rest }) => ({ ...rest, address: toCluster(address) }));
    await api.apply(slicePath(namespace, `${name}-x1`), sliceObject(name, `${name}-x1`, told));
    await api.apply(servicePath(namespace, name), serviceObject(name));
  };
  return {
    can: { remove: true, terminating: true },
    async tell(services) {
      cable.mend();
      for (const service of services) await write(service);
      for (const name of existing) {
        if (services.some((service) => service.name === name)) continue;
        existing.delete(name);
        // Its EndpointSlices are collected as garbage later; these with the namespace.
        await api.delete(servicePath(namespace, name));
      }
    },
    async fail() {
      cable.cut();
    },
    discovery: () => asCases(namespace, new KubernetesDiscovery({ access: cable.access, namespaces: [namespace] })),
  };
}

/** The same discovery, in the words of the cases: namespace `default`, loopback addresses. */
function asCases(namespace: string, source: Discovery): Discovery {
  const id = <Id extends ServiceId>(service: Id): Id => ({
    ...service,
    namespace: service.namespace === namespace ? 'default' : service.namespace,
  });
  const told = (service: Service): Service => ({
    ...id(service),
    ports: service.ports.map((port) => ({
      ...port,
      endpoints: port.endpoints.map((endpoint) => ({ ...endpoint, address: fromCluster(endpoint.address) })),
    })),
  });
  return {
    kind: source.kind,
    start: (observer: DiscoveryObserver) =>
      source.start({
        upsert: (service) => observer.upsert(told(service)),
        remove: (service) => observer.remove(id(service)),
        synced: () => observer.synced(),
        degraded: (error) => observer.degraded(error),
      }),
    stop: () => source.stop(),
  };
}
