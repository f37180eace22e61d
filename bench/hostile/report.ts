import type { LivenessResult } from './liveness.ts';

/** What one attack did to one server. */
export interface Row {
  readonly attack: string;
  readonly server: string;
  readonly attackers: number;
  /** How long it lasted. */
  readonly seconds: number;
  /** Most memory that the server had. */
  readonly peakBytes: number;
  /** `memory`: ended since it took more than the limit; `died`: by itself. */
  readonly end: 'up' | 'memory' | 'died';
  /** What the victim waited for an answer. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Longest turn of the server's event loop, in milliseconds of the processor: what other work on the machine does not change. */
  readonly turnMs?: number | undefined;
  readonly calls: number;
  /** Calls of the victim that got no answer. */
  readonly unanswered: number;
  /** Probes of `/healthz` meanwhile, where there is an admin server. */
  readonly healthz?: LivenessResult | undefined;
}

/** What was worst for a server in all its runs. */
export interface Summary {
  readonly server: string;
  readonly runs: number;
  readonly mostPeakMb: number;
  readonly worstP50Ms: number;
  readonly worstP99Ms: number;
  readonly p99Beyond100Ms: readonly string[];
  /** Attacks during which it was ended, or died. */
  readonly lost: readonly string[];
  readonly failedProbes: number;
}

/** One for each server. */
export function summaryOf(rows: readonly Row[]): Summary[] {
  const servers = Map.groupBy(rows, ({ server }) => server);
  return Array.from(servers, ([server, own]) => {
    const named = (some: (row: Row) => boolean): string[] =>
      own.filter(some).map(({ attack, attackers }) => `${attack} x ${attackers}`);
    const most = (of: (row: Row) => number): number => Math.round(Math.max(...own.map(of)));
    return {
      server,
      runs: own.length,
      mostPeakMb: most(({ peakBytes }) => peakBytes / 1024 / 1024),
      worstP50Ms: most(({ p50Ms }) => p50Ms),
      worstP99Ms: most(({ p99Ms }) => p99Ms),
      p99Beyond100Ms: named(({ p99Ms }) => p99Ms > 100),
      lost: named(({ end }) => end !== 'up'),
      failedProbes: own.reduce((sum, { healthz }) => sum + (healthz?.failed ?? 0), 0),
    };
  });
}

export const tableHead = `${'attack'.padEnd(20)}  ${'server'.padEnd(10)}   n   peak MB  p50 ms  p99 ms  turn  lost`;

/** One line of the table, 80 columns. */
export function formatRow({
  attack,
  server,
  attackers,
  peakBytes,
  end,
  p50Ms,
  p99Ms,
  turnMs,
  calls,
  unanswered,
  healthz,
}: Row): string {
  const peak = `${Math.round(peakBytes / 1024 / 1024)}`.padStart(7);
  const ms = (value: number): string => (value < 100 ? value.toFixed(1) : value.toFixed(0)).padStart(6);
  const fate = end === 'up' ? '' : end === 'memory' ? '  KILLED' : '  DIED';
  const turn = (turnMs === undefined ? '–' : turnMs.toFixed(0)).padStart(4);
  const lost = `${unanswered}/${calls}`;
  const unhealthy =
    healthz === undefined || healthz.failed === 0 ? '' : `  healthz ${healthz.failed}/${healthz.probes}`;
  return `${attack.padEnd(20)}  ${server.padEnd(10)}  ${String(attackers).padStart(2)}  ${peak}  ${ms(p50Ms)}  ${ms(p99Ms)}  ${turn}  ${lost}${fate}${unhealthy}`;
}
