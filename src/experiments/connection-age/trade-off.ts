import { type Cost, costOf } from './recommend.ts';
import type { ConnectionAgeReport } from './report.ts';

/** Ages beside which a recommendation is to be looked at. */
const besideMs = [10, 30, 60, 120, 300, 600, 1800].map((seconds) => seconds * 1000);

/** What some ages cost the fleet, the recommended one among them: the curve as a person would read it. */
export function tradeOff({
  fleet,
  reconnectCpuMs,
  recommendation,
}: ConnectionAgeReport): { readonly cost: Cost; readonly best: boolean }[] {
  const ages = [...new Set([...besideMs, recommendation.ageMs])].sort((a, b) => a - b);
  return ages.map((ageMs) => ({
    cost: costOf(ageMs, fleet, reconnectCpuMs.value),
    best: ageMs === recommendation.ageMs,
  }));
}
