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

/** Slow and failing answers, by a seeded sequence so that a run can be repeated. */
export class Faults {
  readonly #settings: Pick<ServerSettings, 'latencyMs' | 'errorRate' | 'errorStatus'>;
  readonly #random: () => number;

  constructor(settings: Pick<ServerSettings, 'latencyMs' | 'errorRate' | 'errorStatus' | 'seed'>) {
    this.#settings = settings;
    this.#random = mulberry32(settings.seed);
  }

  /**
   * Waits and fails as the settings say.
   *
   * @param asked - the call's own `evenkeel-latency-ms`, which replaces the setting
   * @throws StatusError on purpose, or an `AbortError` when the caller went away
   */
  async apply(asked: string | undefined, signal: AbortSignal): Promise<void> {
    const fails = this.#settings.errorRate > 0 && this.#random() < this.#settings.errorRate;
    const waitMs = askedMs(asked) ?? this.#settings.latencyMs;
    if (waitMs > 0) await delay(waitMs, undefined, { signal });
    if (fails) throw new StatusError(this.#settings.errorStatus, 'failed on purpose (--error-rate)');
  }
}

function askedMs(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d{1,9}$/.test(text)) return undefined;
  return Math.min(Number(text), maxAskedMs);
}
