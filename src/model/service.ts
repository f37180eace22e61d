import type { Endpoint, Locality } from './endpoint.ts';
import type { ServicePolicy } from './policy.ts';

/** Identity of a Service: unique within a model. */
export interface ServiceId {
  readonly namespace: string;
  readonly name: string;
}

export interface ServicePort {
  /** Port number of the Service, which is what targets name; the endpoints' own ports may differ. */
  readonly port: number;
  /** Further numbers that lead to this port, where the Service's own is not written down anywhere; absent: none. */
  readonly otherNumbers?: readonly number[] | undefined;
  /** Port name; empty where it has none. */
  readonly name: string;
  /** `appProtocol` of Kubernetes, where given. */
  readonly appProtocol?: string | undefined;
  /** In the order of discovery, without duplicates of address and port. */
  readonly endpoints: readonly Endpoint[];
}

/** A Service as discovery sees it. Plain data, compared by content. */
export interface Service extends ServiceId {
  readonly ports: readonly ServicePort[];
  readonly policy: ServicePolicy;
  /** `Local`: calls go to endpoints on the client's own Kubernetes node and nowhere else. Absent: to all. */
  readonly internalTrafficPolicy?: 'Local' | undefined;
  /** Locality for endpoints that have none of their own (system E's zone and region). */
  readonly locality?: Locality | undefined;
  /** What discovery found wrong with it and left out, or did not believe, in sentences for people; absent: nothing. */
  readonly problems?: readonly string[] | undefined;
}

/** `NAMESPACE/NAME`, the key of a Service everywhere. */
export function serviceKey({ namespace, name }: ServiceId): string {
  return `${namespace}/${name}`;
}
