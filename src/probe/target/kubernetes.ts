import { isIPv6 } from 'node:net';
import { experimental, Metadata, status } from '@grpc/grpc-js';
import { EvenkeelError } from '../../base/errors.ts';
import { formatAddress } from '../../base/listen-address.ts';
import { KubernetesDiscovery } from '../../discovery/kubernetes/kubernetes-discovery.ts';
import type { Endpoint } from '../../model/endpoint.ts';
import type { Service } from '../../model/service.ts';
import { describePort, findPort } from '../../model/service-port.ts';
import { usableEndpoints } from '../../model/usable-endpoints.ts';
import type { Expected } from './expected.ts';

/** The pods of one Service port that calls may go to, kept up to date by the API server until it is closed. */
export interface KubernetesPods {
  now(): Expected;
  /** Calls back with the pods' addresses, at once and after each change; the returned function ends it. */
  observe(observer: (endpoints: readonly Endpoint[]) => void): () => void;
  close(): Promise<void>;
}

/**
 * Watches a Service's EndpointSlices.
 *
 * @param host - `SERVICE`, `SERVICE.NAMESPACE` or that with `.svc…` after it
 * @param port - number or name; undefined: the port that `xds:///` means without one
 * @throws EvenkeelError `EK_KUBE_…`, or `EK_PROBE_TARGET` where there is no such Service or port
 */
export async function watchPods(host: string, port: string | undefined, withinMs: number): Promise<KubernetesPods> {
  const [name = '', namespace = 'default'] = host.split('.');
  const services = new Map<string, Service>();
  const observers = new Set<(endpoints: readonly Endpoint[]) => void>();
  const first = Promise.withResolvers<void>();
  const discovery = new KubernetesDiscovery({ namespaces: [namespace] });
  const find = () => findPort(services.get(name) ?? { ports: [] }, port);
  const ready = (): readonly Endpoint[] => {
    const found = find();
    return 'reason' in found ? [] : usableEndpoints(found.endpoints).endpoints;
  };
  const tell = (service: { readonly name: string }): void => {
    if (service.name === name) for (const observer of observers) observer(ready());
  };
  await discovery.start({
    upsert(service) {
      services.set(service.name, service);
      tell(service);
    },
    remove(service) {
      services.delete(service.name);
      tell(service);
    },
    synced: () => first.resolve(),
    degraded(error) {
      if (error !== undefined) first.reject(error);
    },
  });
  const late = setTimeout(() => {
    first.reject(new EvenkeelError('EK_PROBE_UNREACHABLE', `the API server did not answer within ${withinMs} ms`));
  }, withinMs);
  try {
    await first.promise;
    if ('reason' in find()) throw missing(name, namespace, port, services);
  } catch (thrown) {
    await discovery.stop();
    throw thrown;
  } finally {
    clearTimeout(late);
  }
  return {
    now() {
      const backends = ready().map(({ address, port, pod }) => ({ address: formatAddress(address, port), name: pod }));
      return { source: 'endpointslices', count: backends.length, backends, known: true, families: false };
    },
    observe(observer) {
      observers.add(observer);
      observer(ready());
      return () => observers.delete(observer);
    },
    close: () => discovery.stop(),
  };
}

function missing(
  name: string,
  namespace: string,
  port: string | undefined,
  services: ReadonlyMap<string, Service>,
): EvenkeelError {
  const service = services.get(name);
  const refused = (message: string, hint: string): EvenkeelError =>
    new EvenkeelError('EK_PROBE_TARGET', message, { field: 'TARGET', hint });
  if (service === undefined) {
    const some = [...services.keys()].sort().slice(0, 20);
    return refused(
      `there is no Service ${name} in the namespace ${namespace}`,
      `There are: ${some.join(', ') || 'none'}.`,
    );
  }
  const ports = service.ports.map(describePort);
  return refused(
    `the Service ${name} has no port${port === undefined ? '' : ` ${port}`}`,
    ports.length > 0 ? `It has ${ports.join(', ')}.` : (service.problems ?? ['It has none.']).join('; '),
  );
}

/** Lets gRPC channels of this process resolve `kubernetes:` targets to these pods, and follow them. */
export function resolveTo(pods: KubernetesPods): void {
  class PodResolver implements experimental.Resolver {
    readonly #stop: () => void;

    constructor(_target: unknown, listener: experimental.ResolverListener) {
      // Not at once: the channel is still being made.
      let stop = (): void => {};
      let stopped = false;
      setImmediate(() => {
        if (stopped) return;
        stop = pods.observe((endpoints) => {
          const addresses = endpoints.map(({ address, port }) => ({ addresses: [{ host: address, port }] }));
          const problem = {
            code: status.UNAVAILABLE,
            details: 'the Service has no ready pod',
            metadata: new Metadata(),
          };
          if (addresses.length > 0) listener(experimental.statusOrFromValue(addresses), {}, null, '');
          else listener(experimental.statusOrFromError(problem), {}, null, '');
        });
      });
      this.#stop = () => {
        stopped = true;
        stop();
      };
    }

    /** What changes is told without being asked for. */
    updateResolution(): void {}

    destroy(): void {
      this.#stop();
    }

    static getDefaultAuthority({ path }: { readonly path: string }): string {
      return isIPv6(path) ? `[${path}]` : path;
    }
  }
  experimental.registerResolver('kubernetes', PodResolver);
}
