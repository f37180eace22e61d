/** Where an endpoint is; empty strings where that is not known. */
export interface Locality {
  readonly region: string;
  readonly zone: string;
  readonly subZone: string;
}

export const nowhere: Locality = { region: '', zone: '', subZone: '' };

/** What discovery knows of an endpoint (the EndpointSlice conditions). Active health checks come on top. */
export interface EndpointConditions {
  /** New calls may go there. */
  readonly ready: boolean;
  /** It answers calls, even if it is on its way out. */
  readonly serving: boolean;
  /** It was told to go. */
  readonly terminating: boolean;
}

/** A discovered address of one Service port. */
export interface Endpoint {
  /** IPv4 or IPv6 literal; gRPC clients reject names. */
  readonly address: string;
  readonly port: number;
  readonly conditions: EndpointConditions;
  readonly locality: Locality;
  /** Relative share of calls, at least 1; default: all alike. */
  readonly weight?: number | undefined;
  /** The node that the pod is on. */
  readonly kubeNode?: string | undefined;
  readonly pod?: string | undefined;
  /** Unique in the life of a cluster: a pod that is made anew under its old name or address has another one. */
  readonly uid?: string | undefined;
}
