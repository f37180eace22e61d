import { EvenkeelError } from '../../base/errors.ts';
import { mulberry32 } from '../../base/random.ts';

/** When calls are to start. */
export type Arrivals =
  /** So many callers, each with one call in flight: the next starts when the last has ended. */
  | { readonly loop: 'closed'; readonly callers: number }
  /** At times of their own, whatever the answers do. */
  | {
      readonly loop: 'open';
      readonly shape: 'constant' | 'ramp' | 'steps';
      /** Calls a second: one; of a ramp the first and the last; of steps one for each part of the time, all of one length. */
      readonly rates: readonly number[];
      /** Times drawn at random (a Poisson process) instead of evenly spaced. */
      readonly poisson: boolean;
    };

const highestRate = 1_000_000;

/**
 * Reads `100`, `10..500` (a ramp) and `10,50,200` (steps), in calls a second.
 *
 * @throws EvenkeelError `EK_USAGE`
 */
export function parseRate(text: string, poisson: boolean): Arrivals & { readonly loop: 'open' } {
  const ramp = text.split('..');
  const shape = ramp.length === 2 ? 'ramp' : text.includes(',') ? 'steps' : 'constant';
  const parts = shape === 'ramp' ? ramp : text.split(',');
  const rates = parts.map((part) => (/^\s*\d+(\.\d+)?\s*$/.test(part) ? Number(part) : Number.NaN));
  const least = shape === 'constant' ? Number.MIN_VALUE : 0;
  if (rates.some((rate) => !(rate >= least && rate <= highestRate)) || Math.max(...rates) === 0) {
    throw new EvenkeelError('EK_USAGE', `"${text}" is no rate`, {
      field: '--rate',
      hint: `Write calls a second: --rate 100, a ramp --rate 10..500, or steps --rate 10,50,200; at most ${highestRate}.`,
    });
  }
  return { loop: 'open', shape, rates, poisson };
}

/**
 * The times, in milliseconds from the start, at which calls are due; ends with `durationMs`, which may be infinite for a
 * constant rate.
 *
 * A call is due when the integral of the rate reaches the next whole number, or with Poisson the next sum of exponential
 * gaps of mean 1: so every shape has both kinds.
 */
export function* dueTimes(arrivals: Arrivals & { loop: 'open' }, durationMs: number, seed: number): Generator<number> {
  const random = mulberry32(seed);
  let work = arrivals.poisson ? -Math.log(1 - random()) : 0;
  for (;;) {
    const at = inverse(arrivals, work, durationMs);
    if (!(at < durationMs)) return;
    yield at;
    work += arrivals.poisson ? -Math.log(1 - random()) : 1;
  }
}

/** When the integral of the rate reaches `work`; infinite where it never does. */
function inverse({ shape, rates }: Arrivals & { loop: 'open' }, work: number, durationMs: number): number {
  const [first = 0, last = first] = rates;
  if (shape === 'constant' || (shape === 'ramp' && first === last)) return (work * 1000) / first;
  if (shape === 'ramp') {
    const slope = (last - first) / durationMs;
    const root = first * first + 2000 * slope * work;
    return root < 0 ? Number.POSITIVE_INFINITY : (2000 * work) / (first + Math.sqrt(root)) || 0;
  }
  const stepMs = durationMs / rates.length;
  let left = work;
  for (const [index, rate] of rates.entries()) {
    const inStep = (rate * stepMs) / 1000;
    if (rate > 0 && left < inStep) return index * stepMs + (left * 1000) / rate;
    left -= inStep;
  }
  return Number.POSITIVE_INFINITY;
}
