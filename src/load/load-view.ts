import { serviceKey } from '../model/service.ts';
import type { Verdict } from '../verdict/verdict.ts';

/** Calls of the window, and since the control plane started. */
export interface LoadTotals {
  readonly calls: number;
  readonly failed: number;
}

export interface LoadViewPod {
  /** Its name; null where discovery does not say. */
  readonly pod: string | null;
  /** `ADDRESS:PORT` */
  readonly address: string;
  /** Empty where unknown. */
  readonly zone: string;
  readonly calls: number;
  readonly failed: number;
  /** Calls under way, on average over the window. */
  readonly inFlight: number;
  /** Mean duration by Little's law, milliseconds; null where too few calls were seen under way. */
  readonly meanMs: number | null;
  /** Whether it got calls for all of the window, so that it can be compared; absent: unknown. */
  readonly steady?: boolean | undefined;
  /** Why it gets no calls; null: it does. */
  readonly ejected: { readonly since: string; readonly until: string; readonly why: string } | null;
  readonly total: LoadTotals;
}

export interface LoadViewCaller {
  readonly namespace: string;
  readonly workload: string;
  readonly zone: string;
  readonly calls: number;
  readonly failed: number;
}

export interface LoadViewService {
  readonly namespace: string;
  readonly name: string;
  readonly port: number;
  readonly verdict: Verdict;
  /** Since when the verdict is the same, ISO 8601. */
  readonly since: string;
  readonly why: string;
  readonly calls: number;
  readonly failed: number;
  readonly total: LoadTotals;
  readonly pods: readonly LoadViewPod[];
  /** Those with most calls first. */
  readonly callers: readonly LoadViewCaller[];
}

/** What `GET /load` answers. */
export interface LoadView {
  /** ISO 8601. */
  readonly asOf: string;
  /** Time that counts without `total` are of. */
  readonly windowMs: number;
  /** Clients' streams of reports. */
  readonly streams: number;
  /** Services that a client reported about, in the order of their names. */
  readonly services: readonly LoadViewService[];
}

/** `NAMESPACE/NAME:PORT` */
export function portKey(port: Pick<LoadViewService, 'namespace' | 'name' | 'port'>): string {
  return `${serviceKey(port)}:${port.port}`;
}
