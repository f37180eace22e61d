/** One generator in one round. */
export interface Measured {
  readonly generator: string;
  readonly perSecond: number;
  /** Processor time of the generator for one call. */
  readonly cpuMicros: number;
}

export interface Summary {
  readonly generator: string;
  /** Medians of all rounds. */
  readonly perSecond: number;
  readonly cpuMicros: number;
  /** Median of its rate over that of the first generator in the same round. */
  readonly ratio: number;
}

/** Medians by generator, in the order in which they first ran. */
export function summarize(measured: readonly Measured[]): Summary[] {
  const names = [...new Set(measured.map(({ generator }) => generator))];
  const of = (name: string): Measured[] => measured.filter(({ generator }) => generator === name);
  const reference = of(names[0]!);
  return names.map((name) => ({
    generator: name,
    perSecond: median(of(name).map(({ perSecond }) => perSecond)),
    cpuMicros: median(of(name).map(({ cpuMicros }) => cpuMicros)),
    ratio: median(of(name).map(({ perSecond }, round) => perSecond / reference[round]!.perSecond)),
  }));
}

export function toMarkdown(rows: readonly Summary[]): string {
  const lines = rows.map(
    ({ generator, perSecond, cpuMicros, ratio }) =>
      `| ${generator} | ${Math.round(perSecond).toLocaleString('en')} | ${ratio.toFixed(2)} | ${cpuMicros.toFixed(1)} |`,
  );
  return [
    '| generator | calls/s | to ghz | µs of processor time a call |',
    '| --- | ---: | ---: | ---: |',
    ...lines,
  ].join('\n');
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
