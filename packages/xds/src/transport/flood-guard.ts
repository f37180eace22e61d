import type { Clock } from '../clock.ts';
import type { FaultReason } from '../http2/fault.ts';
import type { Http2Limits, Rate } from './limits.ts';
import { RateLimit } from './rate-limit.ts';

type NamesOfRates<Type> = { [Name in keyof Type]: Type[Name] extends Rate ? Name : never }[keyof Type];

/** What is counted: the names of the limits that are rates. */
export type Counted = Exclude<NamesOfRates<Http2Limits>, 'requests'>;

const reasons: Readonly<Record<Counted, FaultReason>> = {
  resets: 'reset-flood',
  pings: 'ping-flood',
  settings: 'settings-flood',
  windowUpdates: 'window-update-flood',
  emptyFrames: 'empty-flood',
};

/** Counts what costs a client less than the server. */
export class FloodGuard {
  readonly #limits: Http2Limits;
  readonly #clock: Pick<Clock, 'now'>;
  /** Made when first needed: most clients never send most of it. */
  #rates: Map<Counted, RateLimit> | undefined;

  constructor(limits: Http2Limits, clock: Pick<Clock, 'now'>) {
    this.#limits = limits;
    this.#clock = clock;
  }

  /** Counts one; the reason for closing the connection where it was one too many. */
  count(what: Counted): FaultReason | undefined {
    const now = this.#clock.now();
    this.#rates ??= new Map();
    let rate = this.#rates.get(what);
    if (rate === undefined) {
      rate = new RateLimit(this.#limits[what], now);
      this.#rates.set(what, rate);
    }
    return rate.take(now) ? undefined : reasons[what];
  }
}
