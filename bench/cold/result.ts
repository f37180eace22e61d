import { median } from '../fanout/result.ts';

/** What one server did in one round; milliseconds. */
export interface Round {
  /** From the start of the process until it takes clients. */
  readonly startMs: number;
  /** From the first connect of a storm until the last client has its state. */
  readonly stormMs: number;
  /** What the server computed for it, acknowledgements included; on a busy machine this says more. */
  readonly stormCpuMs: number;
  /** From the writing of the file, or the API server's event, until the first client, and the last one, has the change. */
  readonly firstMs: number;
  readonly lastMs: number;
  readonly changeCpuMs: number;
  /** Clients that have exactly the right endpoints in the end. */
  readonly exact: number;
}

export interface ColdResult {
  readonly schemaVersion: 1;
  readonly clients: number;
  readonly restSeconds: number;
  /** Share of one core that other programs took meanwhile, percent. */
  readonly othersCpuPercent: number;
  readonly servers: Readonly<Record<string, readonly Round[]>>;
}

const figures = [
  'startMs',
  'stormMs',
  'stormCpuMs',
  'firstMs',
  'lastMs',
  'changeCpuMs',
] as const satisfies readonly (keyof Round)[];
const titles = ['start', 'cold storm', 'CPU', 'rested: first', 'last', 'CPU'];

/** Medians of the rounds by figure, and how many times as long evenkeel takes as linear with the same source. */
export function mediansOf({ servers }: ColdResult): Record<string, Record<(typeof figures)[number], number>> {
  const each = (value: (figure: (typeof figures)[number]) => number) => ({
    startMs: value('startMs'),
    stormMs: value('stormMs'),
    stormCpuMs: value('stormCpuMs'),
    firstMs: value('firstMs'),
    lastMs: value('lastMs'),
    changeCpuMs: value('changeCpuMs'),
  });
  const medians = Object.fromEntries(
    Object.entries(servers).map(([name, rounds]) => [name, each((figure) => median(rounds.map((one) => one[figure])))]),
  );
  const ratios = ['', '-slices'].flatMap((source) => {
    const [linear, evenkeel] = [medians[`linear${source}`], medians[`evenkeel${source}`]];
    if (linear === undefined || evenkeel === undefined) return [];
    return [[`ratio${source}`, each((figure) => evenkeel[figure] / linear[figure])] as const];
  });
  return { ...medians, ...Object.fromEntries(ratios) };
}

/** The table; the lowest and the highest round behind each median. */
export function formatCold(result: ColdResult): string {
  const medians = mediansOf(result);
  const cell = (name: string, figure: (typeof figures)[number]): string => {
    const value = medians[name]![figure];
    const rounds = result.servers[name]?.map((round) => round[figure]);
    if (rounds === undefined) return `${value.toFixed(2)}×`;
    const [least, most] = [Math.min(...rounds), Math.max(...rounds)];
    return `${Math.round(value)} (${Math.round(least)}–${Math.round(most)})`;
  };
  const rows = [
    ['ms', ...titles],
    ...Object.keys(medians).map((name) => [name, ...figures.map((figure) => cell(name, figure))]),
  ];
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const lines = rows.map((row) =>
    row.map((text, column) => (column === 0 ? text.padEnd(widths[0]!) : text.padStart(widths[column]!))).join('  '),
  );
  const wrong = Object.entries(result.servers).flatMap(([name, rounds]) =>
    rounds.some(({ exact }) => exact !== result.clients) ? [`${name}: not every client was exact in the end`] : [],
  );
  return [...lines, `others took ${result.othersCpuPercent.toFixed(0)} % of a core`, ...wrong].join('\n');
}
