import type { PodRecord, ServiceRecord } from './records.ts';
import type { ServiceSpec } from './spec.ts';

/** A pod as an endpoint of a Service, with the three conditions of an EndpointSlice. */
export interface LabEndpoint {
  readonly address: string;
  readonly pod: string;
  readonly ready: boolean;
  readonly serving: boolean;
  readonly terminating: boolean;
  readonly zone: string;
  readonly region: string;
  readonly kubeNode: string;
}

/** A Service and who is behind it, as everybody but the pods themselves sees it. */
export interface ServiceView {
  readonly service: ServiceRecord;
  readonly endpoints: readonly LabEndpoint[];
  readonly healthCheck?: ServiceSpec['healthCheck'];
}

/** All Services at one moment, by `NAMESPACE/NAME`. */
export type EndpointView = ReadonlyMap<string, ServiceView>;

/** Whether a Service's selector takes a pod. */
export function selects(
  { name, namespace = 'default', selector }: Pick<ServiceSpec, 'name' | 'namespace' | 'selector'>,
  pod: Pick<PodRecord, 'namespace' | 'deployment' | 'labels'>,
): boolean {
  if (namespace !== pod.namespace) return false;
  if (Array.isArray(selector)) return selector.includes(pod.deployment);
  return Object.entries(selector ?? { app: name }).every(([key, value]) => pod.labels[key] === value);
}

/** The endpoints of a Service in the order of the pods' names, so that nothing changes when nothing changed. */
export function endpointsOf(spec: ServiceSpec, pods: readonly PodRecord[]): LabEndpoint[] {
  return pods
    .filter((pod) => selects(spec, pod))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ ip, name, ready, serving, terminating, zone, region, kubeNode }) => ({
      address: ip,
      pod: name,
      ready,
      serving,
      terminating,
      zone,
      region,
      kubeNode,
    }));
}

/** Where a new connection may go: ready pods; without any, those that still serve on their way out (as kube-proxy does). */
export function usable(endpoints: readonly LabEndpoint[]): LabEndpoint[] {
  const ready = endpoints.filter((endpoint) => endpoint.ready);
  return ready.length > 0 ? ready : endpoints.filter((endpoint) => endpoint.serving && endpoint.terminating);
}

/** The text of the endpoint file (ARCHITECTURE.md, "Conventions between the parts"). */
export function endpointFile(view: EndpointView): string {
  const services = [...view.values()].map(({ service, endpoints, healthCheck }) => ({
    namespace: service.namespace,
    name: service.name,
    ports: service.ports.map(({ name, port, targetPort, appProtocol }) => ({
      ...(name === '' ? {} : { name }),
      port,
      targetPort,
      ...(appProtocol === undefined ? {} : { appProtocol }),
    })),
    endpoints: endpoints.map((endpoint) => ({ ...endpoint, weight: 1 })),
    ...(healthCheck === undefined ? {} : { healthCheck }),
  }));
  return `${JSON.stringify({ apiVersion: 'evenkeel.dev/v1', kind: 'Endpoints', services }, undefined, 1)}\n`;
}
