import { type Burst, type DriverResult, kibPerClient, type ServerResult, type Summary, summarize } from './result.ts';

/** What everything is compared with. */
export const reference = 'linear';

export interface CaseReport {
  readonly name: string;
  readonly title: string;
  readonly clients: number;
  /** Share of one core that other programs took meanwhile, percent. */
  readonly othersCpuPercent: number;
  readonly differing: readonly string[];
  readonly summaries: readonly Summary[];
  readonly bursts: readonly BurstSummary[];
  readonly raw: DriverResult;
}

export interface BurstSummary extends Burst {
  readonly name: string;
  readonly kibPerClient: number;
  readonly exact: number;
}

export function caseReport(
  about: Pick<CaseReport, 'name' | 'title' | 'clients' | 'othersCpuPercent'>,
  raw: DriverResult,
): CaseReport {
  const burstOf = (server: ServerResult): BurstSummary[] =>
    server.burst === undefined
      ? []
      : [
          {
            ...server.burst,
            name: server.name,
            kibPerClient: kibPerClient(server, about.clients),
            exact: server.exact,
          },
        ];
  return {
    ...about,
    differing: raw.differing,
    summaries: raw.servers.filter(({ turns }) => turns !== undefined).map((server) => summarize(server, about.clients)),
    bursts: raw.servers.flatMap(burstOf),
    raw,
  };
}

export interface Bar {
  readonly text: string;
  readonly met: boolean;
}

/** The bars that evenkeel is held to, as far as the case and its servers show them. */
export function barsOf(report: CaseReport): Bar[] {
  const find = (name: string) => report.summaries.find((summary) => summary.name === name);
  const ours = find('evenkeel');
  const linear = find('linear');
  const bars: Bar[] = [];
  const bar = (text: string, value: number, limit: number) =>
    bars.push({ text: `${text}: ${format(value)} against ${format(limit)}`, met: value <= limit });
  if (ours !== undefined && linear !== undefined) {
    bar('last client not later than LinearCache, ms', ours.lastMs, linear.lastMs);
    bar('goal: 1.5× faster than LinearCache, ms', ours.lastMs, linear.lastMs / 1.5);
    bar('first client not later than LinearCache, ms', ours.firstMs, linear.firstMs);
    bar('less CPU than LinearCache, ms', ours.cpuMs, linear.cpuMs);
    bar('memory a client not above LinearCache, KiB', ours.kibPerClient, linear.kibPerClient);
    bar('resources sent that had not changed', ours.useless, 0);
    bar('clients sent to that nothing concerned', ours.uninvolved, 0);
    bar('clients without the exact final state', report.clients - ours.exact, 0);
  }
  const snapshot = find('snapshot');
  const factor = { 'change-100': 3, 'change-1000': 10 }[report.name];
  if (ours !== undefined && snapshot !== undefined && factor !== undefined) {
    bar(`${factor}× faster than SnapshotCache, ms`, ours.lastMs, snapshot.lastMs / factor);
  }
  const burst = report.bursts.find(({ name }) => name === 'evenkeel');
  const burstLinear = report.bursts.find(({ name }) => name === 'linear');
  if (burst !== undefined) {
    bar('clients without the exact final state', report.clients - burst.exact, 0);
    bar('responses older than one before them', burst.backwards, 0);
    if (burstLinear !== undefined) {
      bar('lag p99 not above LinearCache, ms', burst.lagP99Ms, burstLinear.lagP99Ms);
      bar('memory a client not above LinearCache, KiB', burst.kibPerClient, burstLinear.kibPerClient);
    }
  }
  return bars;
}

type Column<T> = readonly [title: string, value: (row: T, reference: T | undefined) => string];

const ratio = (value: number, base: number | undefined) => (base === undefined ? '' : `${(base / value).toFixed(2)}×`);
const kib = (bytes: number) => format(bytes / 1024);

const summaryColumns: Column<Summary>[] = [
  ['', ({ name }) => name],
  ['first ms', ({ firstMs }) => format(firstMs)],
  ['p50 ms', ({ p50Ms }) => format(p50Ms)],
  ['p99 ms', ({ p99Ms }) => format(p99Ms)],
  ['last ms', ({ lastMs }) => format(lastMs)],
  ['speed', (row, base) => ratio(row.lastMs, base?.lastMs)],
  ['CPU ms', ({ cpuMs }) => format(cpuMs)],
  ['less CPU', (row, base) => ratio(row.cpuMs, base?.cpuMs)],
  ['driver CPU ms', ({ driverCpuMs }) => format(driverCpuMs)],
  ['responses', ({ responses }) => format(responses)],
  ['wire KiB', ({ wireBytes }) => kib(wireBytes)],
  ['KiB/client', (row) => format(row.kibPerClient)],
  ['useless', ({ useless }) => format(useless)],
  ['exact', ({ exact }) => format(exact)],
];

const burstColumns: Column<BurstSummary>[] = [
  ['', ({ name }) => name],
  ['lag p50 ms', ({ lagP50Ms }) => format(lagP50Ms)],
  ['p99 ms', ({ lagP99Ms }) => format(lagP99Ms)],
  ['max ms', ({ lagMaxMs }) => format(lagMaxMs)],
  ['speed', (row, base) => ratio(row.lagP99Ms, base?.lagP99Ms)],
  ['drain ms', ({ drainMs }) => format(drainMs)],
  ['responses/client', ({ responsesPerClient }) => format(responsesPerClient)],
  ['CPU s', ({ cpuMs }) => format(cpuMs / 1000)],
  ['CPU ms/1000 responses', ({ cpuMs, responses }) => format((cpuMs / responses) * 1000)],
  ['driver CPU s', ({ driverCpuMs }) => format(driverCpuMs / 1000)],
  ['wire MiB', ({ wireBytes }) => format(wireBytes / 1024 / 1024)],
  ['KiB/client', (row) => format(row.kibPerClient)],
  ['backwards', ({ backwards }) => format(backwards)],
  ['exact', ({ exact }) => format(exact)],
];

/** The case as text: title, table, bars. */
export function formatCase(report: CaseReport): string {
  const lines = [`${report.name}: ${report.title}`];
  if (report.summaries.length > 0) lines.push(...table(summaryColumns, report.summaries));
  if (report.bursts.length > 0) lines.push(...table(burstColumns, report.bursts));
  if (report.differing.length > 0)
    lines.push(`NOT the same on all servers: ${report.differing.slice(0, 5).join(', ')}`);
  if (report.othersCpuPercent > 5) {
    lines.push(`the machine was not quiet: others took ${report.othersCpuPercent.toFixed(0)} % of a core`);
  }
  for (const { text, met } of barsOf(report)) lines.push(`${met ? 'met    ' : 'NOT met'} ${text}`);
  return `${lines.join('\n')}\n`;
}

function table<T extends { name: string }>(columns: readonly Column<T>[], rows: readonly T[]): string[] {
  const base = rows.find(({ name }) => name === reference);
  const cells = [columns.map(([title]) => title), ...rows.map((row) => columns.map(([, value]) => value(row, base)))];
  const widths = columns.map((_, index) => Math.max(...cells.map((line) => line[index]!.length)));
  const align = (cell: string, index: number) =>
    index === 0 ? cell.padEnd(widths[index]!) : cell.padStart(widths[index]!);
  return cells.map((line) => line.map(align).join('  '));
}

/** Three figures that matter, as a person reads them. */
export function format(value: number): string {
  const digits = Math.abs(value) >= 100 || Number.isInteger(value) ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toLocaleString('en-GB', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}
