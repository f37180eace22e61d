import type { LoadView } from '../load/load-view.ts';
import type { ClientRow, ControlRow, EventRow, PlanRow, PodRow, ServiceRow, TrendRow } from './rows.ts';

/** A Service port as it is published. */
export type PortSummary = Pick<
  ServiceRow,
  'namespace' | 'name' | 'port' | 'portName' | 'published' | 'known' | 'problems'
>;

/** An endpoint of it. */
export type EndpointSummary = Pick<PodRow, 'pod' | 'address' | 'zone' | 'kubeNode' | 'state'>;

/** Where the page's rows come from. */
export interface FeedSource {
  readonly version: string;
  readiness(): { readonly ready: boolean; readonly degraded: readonly string[] };
  /** xDS streams that are open. */
  streams(): number;
  /** Undefined where clients are not asked. */
  load(): LoadView | undefined;
  ports(): Iterable<PortSummary>;
  /** Undefined where there is no such port. */
  endpoints(port: string): readonly EndpointSummary[] | undefined;
  /** Undefined where all clients get all pods. */
  plan(port: string): Pick<PlanRow, 'why' | 'sets'> | undefined;
  trend(port: string): TrendRow | undefined;
  /** The newest first. */
  events(port: string): readonly EventRow[];
  clients(): Iterable<ClientRow>;
  control(): readonly ControlRow[];
}
