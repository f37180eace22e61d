/** What one attack did to one server. */
export interface Row {
  readonly attack: string;
  readonly server: string;
  readonly attackers: number;
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
}: Row): string {
  const peak = `${Math.round(peakBytes / 1024 / 1024)}`.padStart(7);
  const ms = (value: number): string => (value < 100 ? value.toFixed(1) : value.toFixed(0)).padStart(6);
  const fate = end === 'up' ? '' : end === 'memory' ? '  KILLED' : '  DIED';
  const turn = (turnMs === undefined ? '–' : turnMs.toFixed(0)).padStart(4);
  const lost = `${unanswered}/${calls}`;
  return `${attack.padEnd(20)}  ${server.padEnd(10)}  ${String(attackers).padStart(2)}  ${peak}  ${ms(p50Ms)}  ${ms(p99Ms)}  ${turn}  ${lost}${fate}`;
}
