export interface DnsIntervals {
  /** Least milliseconds between two questions for one name. */
  readonly minIntervalMs: number;
  /** Most milliseconds between two questions for one name. */
  readonly maxIntervalMs: number;
}

/** Milliseconds until a name is asked for again after a definitive answer. */
export function refreshDelayMs(ttlMs: number | undefined, { minIntervalMs, maxIntervalMs }: DnsIntervals): number {
  return Math.min(maxIntervalMs, Math.max(minIntervalMs, ttlMs ?? minIntervalMs));
}

/**
 * Milliseconds until a name is asked for again after `failures` failures in a row: doubling from the least to the most,
 * of which the upper half is left to chance, so that many names do not come back in step.
 *
 * @param random - 0 to 1
 */
export function retryDelayMs(failures: number, { minIntervalMs, maxIntervalMs }: DnsIntervals, random: number): number {
  const full = Math.min(maxIntervalMs, minIntervalMs * 2 ** Math.min(20, failures - 1));
  return full * (0.5 + random / 2);
}
