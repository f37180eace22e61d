/** What the driver prints; field by field in driver/plan.go. */
export interface DriverResult {
  /** Resources that a server did not send as the first server did, whatever the order of fields. */
  readonly differing: readonly string[];
  readonly servers: readonly ServerResult[];
}

export interface Cost {
  readonly cpuMs: number;
  readonly driverCpuMs: number;
  readonly responses: number;
  readonly messageBytes: number;
  readonly wireBytes: number;
}

export interface Turn extends Cost {
  readonly firstMs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly lastMs: number;
  readonly useless: number;
  readonly uninvolved: number;
}

export interface Burst extends Cost {
  readonly lagP50Ms: number;
  readonly lagP99Ms: number;
  readonly lagMaxMs: number;
  readonly drainMs: number;
  readonly elapsedMs: number;
  readonly responsesPerClient: number;
  readonly backwards: number;
  readonly useless: number;
}

export interface ServerResult {
  readonly name: string;
  readonly connect?: Turn;
  readonly turns?: readonly Turn[];
  readonly burst?: Burst;
  readonly memory: { readonly idleKiB: number; readonly connectedKiB: number; readonly endKiB: number };
  readonly exact: number;
}

/** One server's medians over the rounds of a case. */
export interface Summary extends Turn {
  readonly name: string;
  readonly rounds: number;
  /** Resident memory above the idle server's, after the last round, by client. */
  readonly kibPerClient: number;
  readonly exact: number;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return sorted.length % 2 === 1 ? sorted[Math.floor(middle)]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

const turnFields = [
  'firstMs',
  'p50Ms',
  'p99Ms',
  'lastMs',
  'cpuMs',
  'driverCpuMs',
  'responses',
  'messageBytes',
  'wireBytes',
  'useless',
  'uninvolved',
] as const satisfies readonly (keyof Turn)[];

export function summarize(server: ServerResult, clients: number): Summary {
  const turns = server.turns ?? [];
  const medians = Object.fromEntries(turnFields.map((field) => [field, median(turns.map((turn) => turn[field]))]));
  return {
    ...(medians as unknown as Turn),
    name: server.name,
    rounds: turns.length,
    kibPerClient: kibPerClient(server, clients),
    exact: server.exact,
  };
}

export function kibPerClient({ memory }: ServerResult, clients: number): number {
  return (memory.endKiB - memory.idleKiB) / clients;
}
