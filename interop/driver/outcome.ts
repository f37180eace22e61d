import { add, answered, emptyTally, failed, type Tally } from './tally.ts';

/** An outcome as plain data. */
export interface OutcomeData {
  readonly status: 'passed' | 'failed';
  readonly calls: number;
  readonly failed: number;
  readonly failures: Readonly<Record<string, number>>;
  readonly problems: readonly string[];
  readonly steps: readonly { readonly what: string; readonly ms: number }[];
}

/** What one case showed for one client. */
export class Outcome {
  /** Every call of the case, warm-up included. */
  tally: Tally = emptyTally;
  /** What was not as it must be; empty: passed. */
  readonly problems: string[] = [];
  /** Milliseconds that each awaited step took. */
  readonly steps: { readonly what: string; readonly ms: number }[] = [];

  count(tally: Tally): void {
    this.tally = add(this.tally, tally);
  }

  /** Counts calls of which none may have failed. */
  expectNoFailure(tally: Tally): void {
    this.count(tally);
    const alike = Object.groupBy(Object.entries(tally.failures), ([failure]) => withoutFigures(failure));
    for (const [failure, group = []] of Object.entries(alike)) {
      this.problems.push(`${group.reduce((sum, [, count]) => sum + count, 0)} × ${failure}`);
    }
  }

  /** Whether nothing but calls that were too slow went wrong. */
  get onlyTooSlow(): boolean {
    return this.problems.every((problem) => problem.includes('DEADLINE_EXCEEDED'));
  }

  /** Notes how long a step took, or that it did not happen. */
  step(what: string, ms: number | undefined, timeoutMs: number): void {
    if (ms === undefined) this.problems.push(`${what}: not within ${timeoutMs / 1000} s`);
    else this.steps.push({ what, ms: Math.round(ms) });
  }

  toJSON(): OutcomeData {
    const { tally, problems, steps } = this;
    return {
      status: problems.length === 0 ? 'passed' : 'failed',
      calls: answered(tally) + failed(tally),
      failed: failed(tally),
      failures: tally.failures,
      problems,
      steps,
    };
  }
}

/** Failures that differ only in durations and addresses are of one kind. */
function withoutFigures(failure: string): string {
  return failure.replace(/\d+(?:[.:/]\d+)*/g, '#');
}
