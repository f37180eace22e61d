import { get } from 'node:http';
import { spread } from './processes.ts';

/** As the chart has it. */
const timeoutMs = 3_000;

export interface LivenessResult {
  readonly probes: number;
  readonly failed: number;
  /** In a row; three of the chart's are a restart. */
  readonly failedInARow: number;
  readonly p99Ms: number;
}

/** Asks for `/healthz` again and again, as a kubelet does, each time on a connection of its own. */
export class Liveness {
  readonly #url: string;
  readonly #timer: NodeJS.Timeout;
  #waited: number[] = [];
  #failed = 0;
  #row = 0;
  #longestRow = 0;

  /** @param intervalMs - the chart has 5,000; shorter says more */
  constructor(port: number, intervalMs: number) {
    this.#url = `http://127.0.0.1:${port}/healthz`;
    this.#timer = setInterval(() => this.#probe(), intervalMs);
    this.#probe();
  }

  /** Of the probes since it was asked last. */
  take(): LivenessResult {
    const waited = this.#waited;
    const result = {
      probes: waited.length,
      failed: this.#failed,
      failedInARow: this.#longestRow,
      p99Ms: spread(waited).p99Ms,
    };
    this.#waited = [];
    this.#failed = 0;
    this.#longestRow = this.#row;
    return result;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #probe(): void {
    const begun = performance.now();
    const done = (ok: boolean): void => {
      this.#waited.push(performance.now() - begun);
      this.#row = ok ? 0 : this.#row + 1;
      this.#longestRow = Math.max(this.#longestRow, this.#row);
      if (!ok) this.#failed += 1;
    };
    const request = get(this.#url, { agent: false }, (response) => {
      clearTimeout(late);
      response.resume();
      done(response.statusCode === 200);
    });
    const late = setTimeout(() => request.destroy(new Error('late')), timeoutMs);
    request.on('error', () => {
      clearTimeout(late);
      done(false);
    });
  }
}
