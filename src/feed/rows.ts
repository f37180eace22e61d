import type { LoadViewPod } from '../load/load-view.ts';
import type { Verdict } from '../verdict/verdict.ts';

/** What the page can be shown: one of these at a time, each as rows that have a key. */
export const topics = ['services', 'service', 'map', 'clients', 'control'] as const;

export type Topic = (typeof topics)[number];

/** What stands over every page. */
export interface HeadRow {
  readonly key: 'head';
  readonly kind: 'head';
  readonly version: string;
  readonly ready: boolean;
  /** What is wrong although the last good state is served; sentences. */
  readonly degraded: readonly string[];
  /** Whether clients are asked for load reports. */
  readonly reports: boolean;
  /** Clients' streams of reports. */
  readonly reporting: number;
  /** Time that counts are of, milliseconds; 0 without reports. */
  readonly windowMs: number;
  /** xDS streams that are open. */
  readonly clients: number;
  /** Rows of the topic that there are, those that were left out included. */
  readonly rows: number;
}

/** A pod that is away from its share, fails its calls or does not answer, and why, in words. */
export interface PodOff {
  readonly pod: string;
  readonly why: string;
}

/** A Service port. */
export interface ServiceRow {
  readonly key: string;
  readonly kind: 'service';
  readonly namespace: string;
  readonly name: string;
  readonly port: number;
  readonly portName: string;
  /** Endpoints that clients get, and all that are known. */
  readonly published: number;
  readonly known: number;
  /** What is wrong with it as it is published; sentences. */
  readonly problems: readonly string[];
  /** What clients reported; null: nothing. */
  readonly load: ServiceLoadPart | null;
}

export interface ServiceLoadPart {
  readonly verdict: Verdict;
  /** Since when, ISO 8601. */
  readonly since: string;
  readonly why: string;
  readonly calls: number;
  readonly failed: number;
  /** The first few of them. */
  readonly off: readonly PodOff[];
  /** All of them. */
  readonly offCount: number;
}

/** Calls of a Service port over time. */
export interface TrendRow {
  readonly key: string;
  readonly kind: 'trend';
  /** Key of the Service port, `NAMESPACE/NAME:PORT`. */
  readonly of: string;
  /** When the last step ended, milliseconds since 1970. */
  readonly endMs: number;
  readonly stepMs: number;
  /** Calls that began in each step, the oldest first. */
  readonly calls: readonly number[];
  readonly failed: readonly number[];
}

/** An endpoint of the Service port that is looked at. */
export interface PodRow {
  readonly key: string;
  readonly kind: 'pod';
  readonly pod: string | null;
  readonly address: string;
  readonly zone: string;
  readonly kubeNode: string;
  /** `published`, or why clients do not get it; `gone` where reports still come of a pod that is no more. */
  readonly state: string;
  /** What clients reported; null: nothing. */
  readonly load: PodLoadPart | null;
}

export interface PodLoadPart
  extends Pick<LoadViewPod, 'calls' | 'failed' | 'inFlight' | 'meanMs' | 'ejected' | 'total'> {
  /** Why it stands out; null: it does not. */
  readonly off: string | null;
}

/** Which clients get which pods, where a plan says that not all get all. */
export interface PlanRow {
  readonly key: 'plan';
  readonly kind: 'plan';
  /** A sentence for each decision. */
  readonly why: readonly string[];
  /** Different sets of endpoints, the most common first. */
  readonly sets: readonly { readonly clients: number; readonly endpoints: number }[];
}

/** A workload in a zone that calls the Service port. */
export interface CallerRow {
  readonly key: string;
  readonly kind: 'caller';
  readonly namespace: string;
  readonly workload: string;
  readonly zone: string;
  readonly calls: number;
  readonly failed: number;
}

export type TimelineKind = 'came' | 'went' | 'ejected' | 'returned' | 'verdict';

/** Something that happened to a Service port. */
export interface EventRow {
  readonly key: string;
  readonly kind: 'event';
  /** Milliseconds since 1970. */
  readonly atMs: number;
  readonly what: TimelineKind;
  /** Name or address of a pod, or a verdict. */
  readonly subject: string;
  readonly why: string;
}

/** A workload that calls a Service port. */
export interface EdgeRow {
  readonly key: string;
  readonly kind: 'edge';
  readonly from: { readonly namespace: string; readonly workload: string };
  readonly to: { readonly namespace: string; readonly name: string; readonly port: number };
  /** The workload that the pods of the Service belong to, where their names show it; else empty. */
  readonly toWorkload: string;
  readonly calls: number;
  readonly failed: number;
}

/** An xDS stream. */
export interface ClientRow {
  readonly key: string;
  readonly kind: 'client';
  readonly node: string;
  readonly peer: string;
  readonly namespace: string;
  readonly workload: string;
  readonly zone: string;
  readonly kubeNode: string;
  readonly language: string;
  readonly version: string;
  readonly protocol: string;
  /** How far it is, as `evenkeel status` says. */
  readonly state: 'SYNCED' | 'NOT SENT' | 'STALE' | 'REJECTED';
  /** The state in one sentence, without its subject. */
  readonly why: string;
  readonly types: readonly ClientTypePart[];
}

export interface ClientTypePart {
  readonly type: string;
  /** Names that it asked for; -1: all that there are. */
  readonly asked: number;
  readonly sent: number;
}

/** A line of the page about the control plane: a source, something rejected, a bound. */
export type ControlRow = SourceRow | RejectedRow | BoundRow | ReplicaRow;

export interface SourceRow {
  readonly key: string;
  readonly kind: 'source';
  readonly name: string;
  readonly synced: boolean;
  readonly services: number;
  /** Seconds since its last word; null where it does not say. */
  readonly ageSeconds: number | null;
  readonly degraded: string;
  /** Namespaces that may not be read, and why. */
  readonly unserved: readonly string[];
}

export interface RejectedRow {
  readonly key: string;
  readonly kind: 'rejected';
  readonly subject: string;
  readonly why: string;
}

export interface BoundRow {
  readonly key: string;
  readonly kind: 'bound';
  readonly name: string;
  readonly used: number;
  readonly most: number;
  readonly unit: 'bytes' | 'count';
}

export interface ReplicaRow {
  readonly key: string;
  readonly kind: 'replica';
  readonly address: string;
}

export type Row =
  | HeadRow
  | ServiceRow
  | TrendRow
  | PodRow
  | CallerRow
  | PlanRow
  | EventRow
  | EdgeRow
  | ClientRow
  | ControlRow;

/** What one event of the stream carries: the rows that have changed since the event before. */
export interface FeedEvent {
  /** ISO 8601. */
  readonly asOf: string;
  readonly rows: readonly Row[];
  /** Keys of rows that are no more. */
  readonly gone: readonly string[];
}
