import type { TrendRow } from './rows.ts';

/** Steps that are kept: four minutes of 5 s. */
const keptSteps = 48;

interface Series {
  lastCalls: number;
  lastFailed: number;
  readonly calls: number[];
  readonly failed: number[];
}

/** Calls of each Service port over the last minutes, from totals that are read at every step. */
export class Trends {
  readonly stepMs: number;
  readonly #series = new Map<string, Series>();
  #endMs = 0;

  constructor(stepMs = 5_000) {
    this.stepMs = stepMs;
  }

  /**
   * A step has ended; ports that are left out are forgotten.
   *
   * @param totals - calls and failed calls since the beginning, by the key of the port
   * @param nowMs - milliseconds since 1970
   */
  step(totals: Iterable<readonly [key: string, calls: number, failed: number]>, nowMs: number): void {
    this.#endMs = nowMs;
    const present = new Set<string>();
    for (const [key, calls, failed] of totals) {
      present.add(key);
      const known = this.#series.get(key);
      // Of the first step it is not known how long it was.
      if (known === undefined) {
        this.#series.set(key, { lastCalls: calls, lastFailed: failed, calls: [], failed: [] });
        continue;
      }
      push(known.calls, calls - known.lastCalls);
      push(known.failed, failed - known.lastFailed);
      known.lastCalls = calls;
      known.lastFailed = failed;
    }
    for (const key of this.#series.keys()) if (!present.has(key)) this.#series.delete(key);
  }

  /** Undefined where nothing was reported. */
  of(key: string): TrendRow | undefined {
    const series = this.#series.get(key);
    if (series === undefined || series.calls.length === 0) return undefined;
    const { calls, failed } = series;
    const { stepMs } = this;
    return {
      key: `trend ${key}`,
      kind: 'trend',
      of: key,
      endMs: this.#endMs,
      stepMs,
      calls: [...calls],
      failed: [...failed],
    };
  }
}

function push(steps: number[], count: number): void {
  // A Service that went and came back counts from 0 again.
  steps.push(Math.max(0, count));
  if (steps.length > keptSteps) steps.shift();
}
