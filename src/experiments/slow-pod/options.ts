import { wholeNumber } from '../../base/number-flag.ts';

/** What `evenkeel experiment slow-pod` measures. */
export interface SlowPodOptions {
  /** The slow one among them. */
  readonly pods: number;
  /** Of an ordinary pod. */
  readonly latencyMs: number;
  /** The slow one takes so many times longer. */
  readonly slower: number;
  /** Counted calls of each row. */
  readonly calls: number;
  readonly ratePerSecond: number;
  readonly seed: number;
}

/** @throws EvenkeelError `EK_USAGE`, naming the flag */
export function parseSlowPod(raw: Readonly<Record<string, string | undefined>>): SlowPodOptions {
  return {
    pods: wholeNumber(raw.pods, '--pods', 4, 3, 50),
    latencyMs: wholeNumber(raw.latency, '--latency', 20, 1, 1000),
    slower: wholeNumber(raw.slower, '--slower', 10, 2, 1000),
    calls: wholeNumber(raw.calls, '--calls', 600, 50, 100_000),
    ratePerSecond: wholeNumber(raw.rate, '--rate', 100, 1, 1000),
    seed: wholeNumber(raw.seed, '--seed', 1, 0, 2 ** 31 - 1),
  };
}
