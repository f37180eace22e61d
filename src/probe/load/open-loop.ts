import { performance } from 'node:perf_hooks';
import { type Arrivals, dueTimes } from './arrivals.ts';
import type { LoopResult, LoopRun } from './loop.ts';

/**
 * A timer cannot fire more finely than this: a call that is begun so much later than it was due counts as on time.
 * Whatever is beyond that counts towards its latency.
 */
const timerResolutionMs = 2;
/** So late a call is still begun that was due when its part of the run was ending. */
const graceMs = 100;
/** How often it is looked whether calls may be begun again, while too many are in flight. */
const heldBackMs = 50;

/** Begins calls when they are due, whatever the answers do. */
export function openLoop(run: LoopRun, arrivals: Arrivals & { readonly loop: 'open' }): Promise<LoopResult> {
  return new OpenLoop(run, arrivals).result;
}

class OpenLoop {
  readonly #run: LoopRun;
  readonly #warm: Generator<number>;
  readonly #counted: Generator<number>;
  readonly #finished = Promise.withResolvers<LoopResult>();
  readonly #endAt: number;
  readonly #calls: number;
  #next: { readonly at: number; readonly counts: boolean } | undefined;
  #timer: NodeJS.Timeout | undefined;
  #inFlight = 0;
  /** Of these, those that count. */
  #countedInFlight = 0;
  #warmupCalls = 0;
  #begun = 0;
  #intended = 0;
  #latestMs = 0;
  #heldBack = false;
  #waiting = false;
  #lastAt: number;
  #dueMs: number | undefined;
  #over = false;
  #closed = false;
  readonly #abort = (): void => this.#endEarly(true);
  readonly #stop = (): void => this.#endEarly(false);

  constructor(run: LoopRun, arrivals: Arrivals & { readonly loop: 'open' }) {
    this.#run = run;
    const { options, startedAt, signal } = run;
    const { warmupMs, durationMs, calls = Number.POSITIVE_INFINITY, seed } = options;
    const warmRate = { ...arrivals, shape: 'constant', rates: [Math.max(...arrivals.rates)] } as const;
    this.#warm = dueTimes(warmRate, warmupMs, seed ^ 0x5eed);
    this.#counted = dueTimes(arrivals, durationMs, seed);
    this.#endAt = startedAt + durationMs;
    this.#calls = calls;
    this.#lastAt = startedAt;
    signal.addEventListener('abort', this.#abort);
    run.enough?.addEventListener('abort', this.#stop);
    this.#advance(run.beganAt);
    if (signal.aborted) this.#abort();
    else this.#release();
  }

  get result(): Promise<LoopResult> {
    return this.#finished.promise;
  }

  #advance(now: number): void {
    const { beganAt, startedAt } = this.#run;
    // Warm-up that could not be begun in its time would only delay what counts.
    if (now <= startedAt + graceMs) {
      const { value, done } = this.#warm.next();
      if (done !== true) {
        this.#next = { at: beganAt + value, counts: false };
        return;
      }
    }
    const { value, done } = this.#counted.next();
    const enough = this.#begun >= this.#calls;
    // When the call after the last would be due: so long do the calls take at their rate.
    if (enough) this.#dueMs = done === true ? this.#run.options.durationMs : value;
    this.#next = done === true || enough ? undefined : { at: startedAt + value, counts: true };
  }

  /** Begins all calls that are due, and comes again when the next one is. */
  #release(): void {
    clearTimeout(this.#timer);
    const { options, startedAt } = this.#run;
    while (this.#next !== undefined) {
      const now = performance.now();
      if (this.#next.at > now) {
        this.#later(Math.max(1, Math.floor(this.#next.at - now)));
        return;
      }
      if (!this.#next.counts && now > startedAt + graceMs) {
        this.#advance(now);
        continue;
      }
      // Counted as intended even while it cannot be begun: an overload must show in the achieved rate.
      if (this.#inFlight >= options.maxInFlight) {
        this.#heldBack = true;
        this.#waiting = true;
        if (now > this.#endAt) break;
        this.#later(heldBackMs);
        return;
      }
      const late = now - this.#next.at;
      if (!this.#waiting) this.#latestMs = Math.max(this.#latestMs, late);
      else if (late < timerResolutionMs) this.#waiting = false;
      // What could not be begun in the time of the run is not begun after it.
      if (now > this.#endAt + graceMs) break;
      this.#begin(this.#next.at, this.#next.counts, now);
      // Ended while the call was begun: nothing is due any more.
      if (this.#over) return;
      this.#advance(now);
    }
    // Those that were due and never begun.
    for (; this.#next !== undefined; this.#advance(Number.POSITIVE_INFINITY)) {
      if (!this.#next.counts) continue;
      this.#intended += 1;
      this.#run.recorder.due(this.#next.at);
    }
    const byCount = this.#begun >= this.#calls;
    this.#end(byCount ? Math.min(performance.now(), startedAt + options.durationMs) : this.#endAt, false);
  }

  #later(ms: number): void {
    this.#timer = setTimeout(() => this.#release(), ms);
  }

  #begin(wantedAt: number, counts: boolean, sentAt: number): void {
    const { engine, recorder, options } = this.#run;
    const dueAt = Math.max(wantedAt, Math.min(sentAt, wantedAt + timerResolutionMs));
    this.#inFlight += 1;
    if (counts) {
      this.#begun += 1;
      this.#intended += 1;
      this.#countedInFlight += 1;
      recorder.due(dueAt);
    } else this.#warmupCalls += 1;
    engine.call((status, who, peer, error, held, endedAt = performance.now()) => {
      // The report is made; what comes in while the engine closes is none of it.
      if (this.#closed) return;
      if (counts) {
        recorder.ended({ dueAt, sentAt, endedAt, status, who, peer, error, held });
        this.#countedInFlight -= 1;
      }
      const wasFull = this.#inFlight === options.maxInFlight;
      this.#inFlight -= 1;
      if (wasFull && !this.#over) this.#release();
      this.#finish(false);
    }, sentAt);
  }

  #endEarly(atOnce: boolean): void {
    // So many calls as were due take until the next one would be: more would look too fast.
    if (this.#next?.counts === true) this.#dueMs ??= this.#next.at - this.#run.startedAt;
    this.#end(Math.min(performance.now(), this.#endAt), atOnce);
  }

  #end(at: number, atOnce: boolean): void {
    clearTimeout(this.#timer);
    if (!this.#over) this.#lastAt = at;
    this.#over = true;
    this.#next = undefined;
    this.#finish(atOnce);
  }

  /** Resolves once nothing is in flight, or at once. */
  #finish(atOnce: boolean): void {
    if (this.#closed || !this.#over || (this.#inFlight > 0 && !atOnce)) return;
    this.#closed = true;
    this.#run.signal.removeEventListener('abort', this.#abort);
    this.#run.enough?.removeEventListener('abort', this.#stop);
    this.#finished.resolve({
      ...{ lastAt: this.#lastAt, intended: this.#intended, dueMs: this.#dueMs, begun: this.#begun },
      ...{ warmupCalls: this.#warmupCalls, inFlight: this.#countedInFlight },
      ...{ latestMs: this.#latestMs, heldBack: this.#heldBack, pauses: 0 },
    });
  }
}
