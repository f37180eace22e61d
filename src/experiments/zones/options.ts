import { EvenkeelError } from '../../base/errors.ts';
import { wholeNumber } from '../../base/number-flag.ts';
import { chosenNames, numbers } from '../list-flags.ts';
import { type Way, wayNames } from './kinds.ts';

/** What `evenkeel experiment zones` measures. */
export interface ZonesOptions {
  /** Of each zone; the first zone loses its pods one by one. */
  readonly pods: readonly number[];
  /** Percent of the calls that come from each zone. */
  readonly callers: readonly number[];
  /** Sizes of fleets; each is measured in every way. */
  readonly clients: readonly number[];
  readonly ways: readonly Way[];
  /** Calls a second of each fleet. */
  readonly ratePerSecond: number;
  /** Of each call. */
  readonly deadlineMs: number;
  /** Between the first call and the first that counts. */
  readonly settleMs: number;
  /** How long calls are counted with all pods, and once the zone has none. */
  readonly steadyMs: number;
  /** From the end of a pod to that of the next. */
  readonly eachMs: number;
  readonly seed: number;
}

/** @throws EvenkeelError `EK_USAGE`, naming the flag */
export function parseZones(raw: Readonly<Record<string, string | undefined>>): ZonesOptions {
  const pods = numbers(raw.pods ?? '5,4,2', '--pods', 20);
  const callers = numbers(raw.callers ?? '60,30,10', '--callers', 100);
  if (pods.length < 2 || pods.length > 9 || pods.length !== callers.length) {
    throw new EvenkeelError('EK_USAGE', '--pods and --callers name the same zones, two at least and nine at most', {
      field: '--pods',
      hint: 'For example --pods 5,4,2 --callers 60,30,10.',
    });
  }
  if (callers.reduce((sum, share) => sum + share, 0) !== 100) {
    throw new EvenkeelError('EK_USAGE', 'the shares of --callers do not add up to 100', {
      field: '--callers',
      hint: 'For example --callers 60,30,10.',
    });
  }
  const clients = numbers(raw.clients ?? '60,3', '--clients', 200);
  const few = clients.find((count) => count < pods.length);
  if (few !== undefined) {
    throw new EvenkeelError('EK_USAGE', `${few} clients are too few for ${pods.length} zones`, {
      field: '--clients',
      hint: 'Each zone has one client at least.',
    });
  }
  return {
    ...{ pods, callers, clients, ways: chosenNames(raw.ways, '--ways', wayNames) },
    ratePerSecond: wholeNumber(raw.rate, '--rate', 60, 10, 1000),
    deadlineMs: wholeNumber(raw.deadline, '--deadline', 2000, 50, 60_000),
    settleMs: wholeNumber(raw.settle, '--settle', 25, 1, 600) * 1_000,
    steadyMs: wholeNumber(raw.steady, '--steady', 20, 1, 600) * 1_000,
    eachMs: wholeNumber(raw.each, '--each', 4, 1, 600) * 1_000,
    seed: wholeNumber(raw.seed, '--seed', 1, 0, 2 ** 31 - 1),
  };
}
