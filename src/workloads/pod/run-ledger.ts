/** What a backend saw of one run. */
export interface RunCount {
  readonly calls: number;
  /** Distinct connections that the run's calls came on. */
  readonly connections: number;
}

interface Run {
  calls: number;
  readonly connections: Set<number | string>;
}

/** Longer ids are not counted: the id comes from a stranger and is kept in memory. */
const maxRunIdLength = 128;

/**
 * Counts calls by the run that the caller names (`evenkeel-run`), so that a prober can check its own figures.
 *
 * Bounded: the newest `maxRuns` runs (default 256), and `maxConnections` connections a run (default 100,000), where the
 * number of connections stops growing.
 */
export class RunLedger {
  readonly #runs = new Map<string, Run>();
  readonly #connectionIds = new WeakMap<object, number>();
  #nextConnectionId = 1;
  readonly #maxRuns: number;
  readonly #maxConnections: number;

  constructor({ maxRuns = 256, maxConnections = 100_000 } = {}) {
    this.#maxRuns = maxRuns;
    this.#maxConnections = maxConnections;
  }

  /**
   * Counts one call.
   *
   * @param runId - what the caller sent; a call without one is not counted
   * @param connection - the socket, or the peer's address and port
   */
  record(runId: string | undefined, connection: object | string): void {
    if (runId === undefined || runId === '' || runId.length > maxRunIdLength) return;
    let run = this.#runs.get(runId);
    if (run === undefined) {
      run = { calls: 0, connections: new Set() };
      this.#runs.set(runId, run);
      if (this.#runs.size > this.#maxRuns) this.#runs.delete(this.#runs.keys().next().value!);
    }
    run.calls += 1;
    if (run.connections.size < this.#maxConnections) run.connections.add(this.#idOf(connection));
  }

  /** Every run that is remembered. */
  counts(): Record<string, RunCount> {
    return Object.fromEntries([...this.#runs.keys()].map((runId) => [runId, this.count(runId)]));
  }

  /** Zeros for a run that nobody has called in. */
  count(runId: string): RunCount {
    const run = this.#runs.get(runId);
    return { calls: run?.calls ?? 0, connections: run?.connections.size ?? 0 };
  }

  /** A number for a socket, so that remembering a connection does not keep its socket in memory. */
  #idOf(connection: object | string): number | string {
    if (typeof connection === 'string') return connection;
    let id = this.#connectionIds.get(connection);
    if (id === undefined) {
      id = this.#nextConnectionId++;
      this.#connectionIds.set(connection, id);
    }
    return id;
  }
}
