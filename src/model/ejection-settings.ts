import type { EjectionPolicy } from './policy.ts';

/** When a pod is ejected, in the terms of gRFC A50. */
export interface EjectionSettings {
  /** How long a pod is out the first time (`base_ejection_time`); each further time in a row adds as much. Milliseconds. */
  readonly baseMs: number;
  /** The longest that a pod is out (`max_ejection_time`), milliseconds. */
  readonly maxMs: number;
  /** Share of the pods that may be out at once (`max_ejection_percent`); one may be, whatever it is, unless it is 0. */
  readonly maxPercent: number;
  /** Share of a pod's calls that have to fail (`failure_percentage_ejection.threshold`). */
  readonly failurePercent: number;
  /** Calls that a decision rests on at least (`failure_percentage_ejection.request_volume`). */
  readonly minCalls: number;
}

/**
 * A50 has 10 % for the share, and 50 calls. Three pods of five stand on a node that is cut off, say, so the share is larger;
 * a pod with 10 calls a second has to be out by its first silent second, so the volume is smaller. What makes it conservative
 * is that those who say it do well elsewhere, and that it is not chance.
 */
export const conservative: EjectionSettings = {
  baseMs: 30_000,
  maxMs: 300_000,
  maxPercent: 60,
  failurePercent: 85,
  minCalls: 10,
};

const sharp: EjectionSettings = { ...conservative, baseMs: 10_000, failurePercent: 50, minCalls: 5 };

/** What a Service's policy comes to; undefined: none of its pods is ever ejected. */
export function ejectionSettings({ mode, ...numbers }: EjectionPolicy = {}): EjectionSettings | undefined {
  if (mode === 'none') return undefined;
  const preset = mode === 'sharp' ? sharp : conservative;
  const baseMs = numbers.baseMs ?? preset.baseMs;
  return {
    baseMs,
    maxMs: Math.max(baseMs, preset.maxMs),
    maxPercent: numbers.maxPercent ?? preset.maxPercent,
    failurePercent: numbers.failurePercent ?? preset.failurePercent,
    minCalls: numbers.minCalls ?? preset.minCalls,
  };
}

/** How many of so many pods may be out at once: the share allowed, at least one, and never the last. */
export function mostEjected(pods: number, { maxPercent }: EjectionSettings): number {
  if (maxPercent === 0) return 0;
  return Math.max(0, Math.min(pods - 1, Math.max(1, Math.floor((pods * maxPercent) / 100))));
}
