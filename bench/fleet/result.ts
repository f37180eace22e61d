import { format } from '../fanout/report.ts';
import { median, type ServerResult, type Turn } from '../fanout/result.ts';

/** A fleet that came and went; memory is the server's resident set. */
export interface Visit {
  readonly storm: Turn;
  readonly connectedKiB: number;
  /** After the rest that follows the last client. */
  readonly leftKiB: number;
}

/** What the driver prints of a server. */
export interface FleetServerResult extends ServerResult {
  readonly visits: readonly Visit[];
}

export interface CaseResult {
  readonly name: string;
  readonly title: string;
  readonly clients: number;
  readonly streamsPerConnection: number;
  /** Share of one core that other programs took meanwhile, percent. */
  readonly othersCpuPercent: number;
  readonly servers: readonly FleetServerResult[];
  /** Servers that did not get through, and why. */
  readonly failed: Readonly<Record<string, string>>;
}

const mib = (kib: number): string => format(kib / 1024);

/** The lines of a case: one figure each, a column a server. */
export function formatFleetCase({
  name,
  title,
  clients,
  streamsPerConnection,
  othersCpuPercent,
  servers,
  failed,
}: CaseResult): string {
  const rows = new Map<string, string[]>();
  const add = (what: string, value: string): void => void rows.set(what, [...(rows.get(what) ?? []), value]);
  for (const { visits, turns = [], burst, memory, exact } of servers) {
    const of = (field: 'firstMs' | 'p50Ms' | 'p99Ms' | 'lastMs' | 'cpuMs') =>
      format(median(turns.map((t) => t[field])));
    const { storm, connectedKiB } = visits[0]!;
    add('storm: p50, last; CPU ms', `${format(storm.p50Ms)}, ${format(storm.lastMs)}; ${format(storm.cpuMs)}`);
    add('KiB a stream', format((connectedKiB - memory.idleKiB) / clients));
    if (turns.length > 0) {
      add('change: first, p50, p99, last ms', `${of('firstMs')}, ${of('p50Ms')}, ${of('p99Ms')}, ${of('lastMs')}`);
      add('change: CPU ms', of('cpuMs'));
    }
    if (burst !== undefined) {
      const { lagP50Ms, lagP99Ms, lagMaxMs, drainMs, elapsedMs, responsesPerClient, backwards, cpuMs } = burst;
      add('flood: lag p50, p99, most ms', `${format(lagP50Ms)}, ${format(lagP99Ms)}, ${format(lagMaxMs)}`);
      add('flood: took, then until the last ms', `${format(elapsedMs)}, ${format(drainMs)}`);
      add('flood: responses a client; older', `${format(responsesPerClient)}; ${backwards}`);
      add('flood: CPU ms', format(cpuMs));
    }
    const left = visits.map(({ leftKiB }) => mib(leftKiB));
    add('MiB before, with, after', `${mib(memory.idleKiB)}, ${mib(connectedKiB)}, ${left[0]}`);
    if (visits.length > 1) add('MiB after each visit', left.join(' '));
    add('exact', visits.length > 1 && turns.length === 0 && exact === 0 ? '–' : `${exact} of ${clients}`);
  }
  const names = servers.map((server) => server.name);
  const table = [['', ...names], ...[...rows].map(([what, values]) => [what, ...values])];
  const widths = table[0]!.map((_, column) => Math.max(...table.map((row) => row[column]!.length)));
  return [
    `${name}: ${title}`,
    ...table.map((row) =>
      row
        .map((text, column) => text.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    ),
    ...Object.entries(failed).map(([server, why]) => `${server} failed: ${why}`),
    `${streamsPerConnection} streams a connection; others took ${othersCpuPercent.toFixed(0)} % of a core`,
  ].join('\n');
}
