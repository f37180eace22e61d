import { EvenkeelError } from '../../base/errors.ts';

const units = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;

/**
 * Reads `500ms`, `2s`, `1.5m`; a bare number is milliseconds.
 *
 * @throws EvenkeelError `EK_USAGE`
 */
export function parseDuration(text: string, field: string, { min = 0, max = 86_400_000 } = {}): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text);
  const value = match === null ? Number.NaN : Number(match[1]) * units[(match[2] ?? 'ms') as keyof typeof units];
  if (!(value >= min && value <= max)) {
    throw new EvenkeelError('EK_USAGE', `"${text}" is no length of time from ${formatMs(min)} to ${formatMs(max)}`, {
      field,
      hint: `Write a number and ms, s, m or h, for example ${field} 2s.`,
    });
  }
  return value;
}

/** `340 ms`, `1.2 s`, `10 min` */
export function formatMs(ms: number): string {
  if (ms >= 60_000 && ms % 60_000 === 0) return `${ms / 60_000} min`;
  return ms < 1000 ? `${Number(ms.toFixed(ms < 10 ? 2 : 0))} ms` : `${Number((ms / 1000).toFixed(1))} s`;
}

/** The same, not rounded: `1.04 s`. */
export function exactMs(ms: number): string {
  if (ms >= 60_000 && ms % 60_000 === 0) return `${ms / 60_000} min`;
  return ms < 1000 ? `${ms} ms` : `${Number((ms / 1000).toFixed(6))} s`;
}
