import type { OutlierDetectionSpec } from '@evenkeel/xds';
import { ejectionSettings } from '../model/ejection-settings.ts';
import type { ServicePolicy } from '../model/policy.ts';

/** How often a client looks. */
const intervalMs = 5_000;
/** With more a client could eject both of two endpoints: it looks at the share before it ejects one (gRFC A50). */
const mostPercent = 50;

/** What clients are told of outlier detection; undefined: nothing, which is none. Pure. */
export function outlierDetectionOf({ outlierDetection, ejection }: ServicePolicy): OutlierDetectionSpec | undefined {
  if (outlierDetection !== true) return undefined;
  // Whether the control plane ejects as well is another question; the numbers are the same.
  const mode = ejection?.mode === 'none' ? undefined : ejection?.mode;
  const { baseMs, maxMs, maxPercent, failurePercent, minCalls } = ejectionSettings({ ...ejection, mode })!;
  return {
    ...{ intervalMs, baseEjectionMs: baseMs, maxEjectionMs: maxMs, failurePercent },
    ...{ maxEjectionPercent: Math.min(mostPercent, maxPercent), minimumHosts: 2, requestVolume: minCalls },
  };
}
