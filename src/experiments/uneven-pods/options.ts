import { EvenkeelError } from '../../base/errors.ts';
import { wholeNumber } from '../../base/number-flag.ts';
import { chosenNames } from '../list-flags.ts';
import { type Way, wayNames } from './kinds.ts';

/** Shares are to be right after so long. */
export const settleMs = 60_000;

/** What `evenkeel experiment uneven-pods` measures. */
export interface UnevenPodsOptions {
  readonly pods: number;
  /** Of these, slow ones. */
  readonly slow: number;
  /** A slow one takes so many times longer. */
  readonly slower: number;
  /** Of an ordinary pod. */
  readonly latencyMs: number;
  /** Of each way. */
  readonly clients: number;
  /** Calls a second of each way. */
  readonly ratePerSecond: number;
  /** Of each call. */
  readonly deadlineMs: number;
  readonly ways: readonly Way[];
  /** A figure is of so long. */
  readonly windowMs: number;
  /** How long all call: whole windows. */
  readonly lastsMs: number;
  readonly seed: number;
}

/** @throws EvenkeelError `EK_USAGE`, naming the flag */
export function parseUnevenPods(raw: Readonly<Record<string, string | undefined>>): UnevenPodsOptions {
  const pods = wholeNumber(raw.pods, '--pods', 6, 2, 50);
  const windowMs = wholeNumber(raw.window, '--window', 30, 1, 600) * 1_000;
  const seconds = wholeNumber(raw.seconds, '--seconds', 150, 1, 3600);
  if (seconds * 1_000 < windowMs) {
    throw new EvenkeelError('EK_USAGE', `${seconds} s are less than one window`, {
      field: '--seconds',
      hint: `${windowMs / 1_000} at least, or a shorter --window.`,
    });
  }
  return {
    pods,
    slow: wholeNumber(raw.slow, '--slow', Math.min(2, pods - 1), 1, pods - 1),
    slower: wholeNumber(raw.slower, '--slower', 2, 2, 100),
    latencyMs: wholeNumber(raw.latency, '--latency', 150, 1, 1000),
    clients: wholeNumber(raw.clients, '--clients', 3, 1, 200),
    ratePerSecond: wholeNumber(raw.rate, '--rate', 200, 10, 1000),
    deadlineMs: wholeNumber(raw.deadline, '--deadline', 5000, 50, 60_000),
    ways: chosenNames(raw.ways, '--ways', wayNames),
    ...{ windowMs, lastsMs: Math.floor((seconds * 1_000) / windowMs) * windowMs },
    seed: wholeNumber(raw.seed, '--seed', 1, 0, 2 ** 31 - 1),
  };
}
