import { type Caller, unknown } from './caller.ts';
import type { CallerLoad } from './service-load.ts';

/** Calls of a workload to a Service since the control plane started. */
export interface CallerTotal extends Omit<Caller, 'zone'> {
  readonly calls: number;
  readonly failed: number;
}

/**
 * Totals by workload, whatever its zone: of so many that made most calls, and of the others together, as `unknown`. What
 * one series is for stays the same while the callers do, as totals only grow.
 */
export function callerTotals(callers: Iterable<CallerLoad>, most: number): CallerTotal[] {
  const totals = new Map<string, CallerTotal>();
  for (const { caller, window } of callers) add(totals, caller, window.total);
  const inOrder = [...totals.values()].sort((a, b) => b.calls - a.calls);
  const kept = new Map<string, CallerTotal>();
  for (const [index, total] of inOrder.entries()) {
    add(kept, index < most ? total : { namespace: unknown, workload: unknown }, total);
  }
  return [...kept.values()];
}

function add(
  totals: Map<string, CallerTotal>,
  { namespace, workload }: Omit<Caller, 'zone'>,
  { calls, failed }: { readonly calls: number; readonly failed: number },
): void {
  const key = `${namespace} ${workload}`;
  const before = totals.get(key) ?? { namespace, workload, calls: 0, failed: 0 };
  totals.set(key, { ...before, calls: before.calls + calls, failed: before.failed + failed });
}
