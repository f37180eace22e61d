const grouped = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

/** Stands for what is not known. */
export const none = '–';

/** A count a second. */
export function rate(count: number, ms: number): string {
  return ms <= 0 ? none : figure((count / ms) * 1_000);
}

/** Three digits or so; whole from 100. */
export function figure(value: number): string {
  return value >= 100 ? grouped.format(value) : value.toFixed(1);
}

/** A whole number with commas. */
export function whole(value: number): string {
  return grouped.format(value);
}

/** A part of a whole; nothing of nothing. */
export function percent(part: number, of: number): string {
  if (of <= 0) return part > 0 ? '100 %' : none;
  const value = (part / of) * 100;
  if (value === 0) return '0 %';
  return `${value >= 99.95 ? Math.round(value) : value.toFixed(value < 0.1 ? 2 : 1)} %`;
}

/** Bytes in the unit that keeps them short. */
export function bytes(value: number): string {
  const units = ['B', 'kB', 'MB', 'GB'];
  const power = value < 1_000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(value) / 3));
  const scaled = value / 1_000 ** power;
  return `${power === 0 ? scaled : figure(scaled)} ${units[power]}`;
}

/** `1 pod`, `2 pods`. */
export function count(number: number, noun: string): string {
  return `${whole(number)} ${noun}${number === 1 ? '' : 's'}`;
}

/** The time of day of a moment, in the reader's time zone. */
export function clockTime(ms: number): string {
  return new Date(ms).toLocaleTimeString('en-GB');
}
