import type { ProbeSpec } from '../spec.ts';
import { check } from './check.ts';
import { Threshold } from './threshold.ts';

export interface ProberOptions {
  readonly host: string;
  readonly spec: ProbeSpec;
  /** Whether it counts as passing before the first result: readiness no, liveness yes. */
  readonly initial: boolean;
  /** Told on every change of state; `reason` of the last failure, in a few words. */
  readonly changed: (passing: boolean, reason: string | undefined) => void;
}

/** Asks a pod again and again, one question at a time, and tells when its state changes. */
export class Prober {
  readonly #options: ProberOptions;
  readonly #threshold: Threshold;
  readonly #startupPeriodMs: number;
  readonly #periodMs: number;
  readonly #createdAt = performance.now();
  #question: AbortController | undefined;
  #stopped = false;
  #timer: NodeJS.Timeout | undefined;
  #everPassed = false;
  #started = false;

  constructor(options: ProberOptions) {
    const { spec, initial } = options;
    this.#options = options;
    this.#periodMs = spec.periodMs ?? 1000;
    this.#startupPeriodMs = Math.min(spec.startupPeriodMs ?? 50, this.#periodMs);
    this.#threshold = new Threshold(initial, {
      successThreshold: initial ? 1 : (spec.successThreshold ?? 1),
      failureThreshold: spec.failureThreshold ?? 3,
    });
    this.#schedule(spec.initialDelayMs ?? 0);
  }

  get passing(): boolean {
    return this.#threshold.passing;
  }

  /** The start is over, as another probe knows: from now on failures count. */
  startIsOver(): void {
    this.#started = true;
  }

  stop(): void {
    this.#stopped = true;
    this.#question?.abort();
    clearTimeout(this.#timer);
  }

  #schedule(delayMs: number): void {
    this.#timer = setTimeout(() => void this.#ask(), delayMs);
  }

  #age(): number {
    return performance.now() - this.#createdAt;
  }

  async #ask(): Promise<void> {
    const { host, spec, changed, initial } = this.#options;
    const question = new AbortController();
    this.#question = question;
    const limit = setTimeout(() => question.abort(), spec.timeoutMs ?? 1000);
    const reason = await check(host, spec, question.signal);
    clearTimeout(limit);
    if (this.#stopped) return;
    if (reason === undefined) this.#everPassed = true;
    const starting = initial && !this.#everPassed && !this.#started && this.#age() < (spec.startupMs ?? 30_000);
    this.#schedule(this.#everPassed || initial ? this.#periodMs : this.#startupPeriodMs);
    if (!starting && this.#threshold.add(reason === undefined)) changed(this.#threshold.passing, reason);
  }
}
