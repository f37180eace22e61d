import { setTimeout as delay } from 'node:timers/promises';
import { type GrpcStatusName, grpcStatusCode } from '../../base/grpc-status.ts';
import { mulberry32 } from '../../base/random.ts';
import type { ServerSettings } from '../common-options.ts';

/** A failure that a workload answers with, on purpose or not. */
export class StatusError extends Error {
  override readonly name = 'StatusError';
  readonly status: GrpcStatusName;

  constructor(status: GrpcStatusName, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.status = status;
  }

  get code(): number {
    return grpcStatusCode(this.status);
  }
}

/** The longest that one call may ask to wait: ten minutes. */
const maxAskedMs = 600_000;

type FaultSettings = Pick<
  ServerSettings,
  'latencyMs' | 'latencySpread' | 'coldMs' | 'warmUpMs' | 'errorRate' | 'errorStatus' | 'seed'
>;

/** Slow and failing answers, by a seeded sequence so that a run can be repeated. */
export class Faults {
  readonly #settings: FaultSettings;
  readonly #random: () => number;
  readonly #cold: ColdWork;

  constructor(settings: FaultSettings) {
    this.#settings = settings;
    this.#random = mulberry32(settings.seed);
    this.#cold = new ColdWork(settings.coldMs, settings.warmUpMs);
  }

  /**
   * Waits and fails as the settings say.
   *
   * @param asked - the call's own `evenkeel-latency-ms`, which replaces the setting
   * @throws StatusError on purpose, or an `AbortError` when the caller went away
   */
  async apply(asked: string | undefined, signal: AbortSignal): Promise<void> {
    const fails = this.#settings.errorRate > 0 && this.#random() < this.#settings.errorRate;
    const waitMs = this.#cold.waitMs(performance.now()) + (askedMs(asked) ?? this.#ordinaryMs());
    if (waitMs > 0) await delay(waitMs, undefined, { signal });
    if (fails) throw new StatusError(this.#settings.errorStatus, 'failed on purpose (--error-rate)');
  }

  #ordinaryMs(): number {
    const { latencyMs, latencySpread } = this.#settings;
    return latencySpread === 'none' ? latencyMs : -Math.log(1 - this.#random()) * latencyMs;
  }
}

/**
 * What a call costs a pod that is not warm yet beside its ordinary latency, as where code has to be compiled: one call at a time, so
 * that calls wait for each other, and in a straight line down to nothing. It begins with the first call.
 */
export class ColdWork {
  readonly #coldMs: number;
  readonly #warmUpMs: number;
  #startedMs: number | undefined;
  #busyUntilMs = 0;

  constructor(coldMs: number, warmUpMs: number) {
    this.#coldMs = coldMs;
    this.#warmUpMs = warmUpMs;
  }

  /** How long a call waits that comes now. */
  waitMs(nowMs: number): number {
    if (this.#coldMs === 0 || this.#warmUpMs === 0) return 0;
    this.#startedMs ??= nowMs;
    const workMs = this.#coldMs * Math.max(0, 1 - (nowMs - this.#startedMs) / this.#warmUpMs);
    this.#busyUntilMs = Math.max(nowMs, this.#busyUntilMs) + workMs;
    return this.#busyUntilMs - nowMs;
  }
}

function askedMs(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d{1,9}$/.test(text)) return undefined;
  return Math.min(Number(text), maxAskedMs);
}
