const units: readonly [name: string, ms: number][] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1_000],
];

/** Milliseconds in the largest unit of which there are two at least: `90 s`, `3 h`. */
export function duration(ms: number): string {
  const [name, length] = units.find(([, each]) => ms >= 2 * each) ?? units.at(-1)!;
  return `${Math.max(0, Math.round(ms / length))} ${name}`;
}
