import type { CallerRow } from '../../feed/rows.ts';

export interface ZoneSum {
  /** Empty where it is not known. */
  readonly zone: string;
  readonly calls: number;
  readonly failed: number;
}

/** Calls by the zone that they come from, most calls first. Pure. */
export function zonesOf(callers: readonly CallerRow[]): ZoneSum[] {
  return [...Map.groupBy(callers, ({ zone }) => (zone === 'unknown' ? '' : zone))]
    .map(([zone, own]) => ({
      zone,
      calls: own.reduce((sum, { calls }) => sum + calls, 0),
      failed: own.reduce((sum, { failed }) => sum + failed, 0),
    }))
    .sort((a, b) => b.calls - a.calls);
}
