import type { LabEndpoint } from '../endpoints.ts';
import type { ServiceSpec } from '../spec.ts';

/** One port of a ClusterIP. */
export interface ProxyPort {
  /** `NAMESPACE/NAME` of the Service. */
  readonly service: string;
  readonly host: string;
  readonly port: number;
  readonly targetPort: number;
  readonly spread: NonNullable<ServiceSpec['spread']>;
  readonly kubeNode?: string | undefined;
}

/** What the lab asks of the process that holds the proxies; each is answered by a {@link Reply} with its `id`. */
export type Request =
  /** Listens; a proxy is known by the `id` of this request from then on. */
  | { readonly id: number; readonly type: 'open'; readonly port: ProxyPort }
  | { readonly id: number; readonly type: 'close'; readonly proxy: number }
  /** Answered when everything before it is done. */
  | { readonly id: number; readonly type: 'sync' };

/** Who is behind each Service from now on, by `NAMESPACE/NAME`; not answered. */
export interface Endpoints {
  readonly type: 'endpoints';
  readonly endpoints: Readonly<Record<string, readonly LabEndpoint[]>>;
}

export interface Reply {
  readonly id: number;
  /** The system's error where it could not be done. */
  readonly error?: { readonly code: string | undefined; readonly message: string };
}
