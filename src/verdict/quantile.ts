/** The smallest value that at least the given part of all values does not exceed (nearest rank); null without values. */
export function quantile(sorted: readonly number[], part: number): number | null {
  if (sorted.length === 0) return null;
  return sorted[rankOf(part, sorted.length) - 1]!;
}

/** Nearest rank, from 1; what is a rounding error above a whole number is that number. */
export function rankOf(part: number, total: number): number {
  return Math.max(1, Math.ceil(part * total - 1e-9));
}

/** Whether that part of all calls is only reached with calls that got no answer, which count as slowest. */
export function isLost(part: number, answered: number, lost: number): boolean {
  return answered + lost > 0 && rankOf(part, answered + lost) > answered;
}
