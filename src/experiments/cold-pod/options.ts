import { wholeNumber } from '../../base/number-flag.ts';

/** What `evenkeel experiment cold-pod` measures. */
export interface ColdPodOptions {
  /** Pods of each deployment; all are replaced, one by one. */
  readonly pods: number;
  readonly clients: number;
  /** Calls a second of all clients of a deployment. */
  readonly ratePerSecond: number;
  /** Of each call. */
  readonly deadlineMs: number;
  /** Mean of a warm pod; exponential. */
  readonly latencyMs: number;
  /** What the first call costs a new pod beside it, one call at a time. */
  readonly coldMs: number;
  /** How long until that is nothing. */
  readonly warmUpMs: number;
  /** `evenkeel.dev/slowStart` */
  readonly slowStartMs: number;
  /** Between one new pod and the next (minReadySeconds). */
  readonly eachMs: number;
  /** How long calls are counted before the rollout. */
  readonly steadyMs: number;
  readonly seed: number;
}

/** @throws EvenkeelError `EK_USAGE`, naming the flag */
export function parseColdPod(raw: Readonly<Record<string, string | undefined>>): ColdPodOptions {
  return {
    pods: wholeNumber(raw.pods, '--pods', 6, 2, 20),
    clients: wholeNumber(raw.clients, '--clients', 20, 1, 200),
    ratePerSecond: wholeNumber(raw.rate, '--rate', 180, 10, 1000),
    deadlineMs: wholeNumber(raw.deadline, '--deadline', 5000, 50, 60_000),
    latencyMs: wholeNumber(raw.latency, '--latency', 40, 1, 1000),
    coldMs: wholeNumber(raw.cold, '--cold', 60, 1, 10_000),
    warmUpMs: wholeNumber(raw.warmUp, '--warm-up', 20, 1, 600) * 1_000,
    slowStartMs: wholeNumber(raw.slowStart, '--slow-start', 30, 1, 3600) * 1_000,
    eachMs: wholeNumber(raw.each, '--each', 10, 1, 600) * 1_000,
    steadyMs: wholeNumber(raw.steady, '--steady', 10, 1, 600) * 1_000,
    seed: wholeNumber(raw.seed, '--seed', 1, 0, 2 ** 31 - 1),
  };
}
