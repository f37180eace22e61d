/** The smallest value that at least the given part of all values does not exceed (nearest rank); null without values. */
export function quantile(sorted: readonly number[], part: number): number | null {
  if (sorted.length === 0) return null;
  return sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)]!;
}
