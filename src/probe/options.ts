import type { Command } from 'commander';
import { EvenkeelError } from '../base/errors.ts';
import { wholeNumber } from '../base/number-flag.ts';
import { parseSchemeList } from './schemes/parse-list.ts';
import { type SchemeId, schemeIds } from './schemes/schemes.ts';

/** What a proof measures. */
export interface ProofOptions {
  /** In the order of {@link schemeIds}. */
  readonly schemes: readonly SchemeId[];
  /** Counted calls of each scheme. */
  readonly calls: number;
  /** Backends to begin with; the fixture has started so many. */
  readonly replicas: number;
  /** Backends after the scale-out; equal to `replicas`: nothing is scaled. */
  readonly scaleTo: number;
  /** Whether a rolling update and the way back are measured, after the scaling. */
  readonly rollingUpdate: boolean;
  readonly seed: number;
  /** Rate of the counted calls. */
  readonly ratePerSecond: number;
  /** Rate of each scheme's calls while pods come and go. */
  readonly scaleRatePerSecond: number;
  /** Rate of each scheme's calls during a rolling update, which more schemes go through at once. */
  readonly rollRatePerSecond: number;
  readonly deadlineMs: number;
  /** How long after the last pod's event a client may take to follow before it counts as "not within". */
  readonly windowMs: number;
}

interface Numeric {
  readonly flag: string;
  readonly fallback: number;
  readonly min: number;
  readonly max: number;
}

const numbers = {
  calls: { flag: '--calls', fallback: 300, min: 1, max: 1_000_000 },
  replicas: { flag: '--replicas', fallback: 3, min: 1, max: 100 },
  scaleTo: { flag: '--scale-to', fallback: 6, min: 1, max: 100 },
  seed: { flag: '--seed', fallback: 1, min: 0, max: 2 ** 31 - 1 },
  rate: { flag: '--rate', fallback: 300, min: 1, max: 10_000 },
  scaleRate: { flag: '--scale-rate', fallback: 100, min: 1, max: 10_000 },
  rollRate: { flag: '--roll-rate', fallback: 40, min: 1, max: 10_000 },
  deadline: { flag: '--deadline', fallback: 1000, min: 1, max: 600_000 },
  window: { flag: '--window', fallback: 5000, min: 100, max: 3_600_000 },
} as const satisfies Record<string, Numeric>;

/** As commander names the flags of {@link addProofOptions}: a command that measures nothing refuses them. */
export const proofFlags: readonly string[] = ['schemes', 'rollingUpdate', ...Object.keys(numbers)];

/** As commander hands options over; every one may be absent. */
export type RawProofOptions = { readonly [flag in 'schemes' | keyof typeof numbers]?: string | undefined } & {
  readonly rollingUpdate?: boolean | undefined;
};

/**
 * Checks what was given and fills in the defaults; pure.
 *
 * @throws EvenkeelError `EK_UNKNOWN_SCHEME` or `EK_USAGE`, naming the flag
 */
export function parseProofOptions(raw: RawProofOptions): ProofOptions {
  const replicas = number(raw.replicas, numbers.replicas);
  const scaleTo = number(raw.scaleTo, { ...numbers.scaleTo, fallback: Math.min(100, replicas * 2) });
  if (scaleTo < replicas) {
    throw new EvenkeelError('EK_USAGE', `--scale-to ${scaleTo} is less than --replicas ${replicas}`, {
      field: '--scale-to',
      hint: 'The run scales out to --scale-to and back in; give as many as --replicas to scale nothing.',
    });
  }
  return {
    schemes: raw.schemes === undefined ? schemeIds : parseSchemeList(raw.schemes),
    calls: number(raw.calls, numbers.calls),
    replicas,
    scaleTo,
    rollingUpdate: raw.rollingUpdate === true,
    seed: number(raw.seed, numbers.seed),
    ratePerSecond: number(raw.rate, numbers.rate),
    scaleRatePerSecond: number(raw.scaleRate, numbers.scaleRate),
    rollRatePerSecond: number(raw.rollRate, numbers.rollRate),
    deadlineMs: number(raw.deadline, numbers.deadline),
    windowMs: number(raw.window, numbers.window),
  };
}

function number(text: string | undefined, { flag, fallback, min, max }: Numeric): number {
  return wholeNumber(text, flag, fallback, min, max);
}

/** Adds the flags that {@link parseProofOptions} reads. */
export function addProofOptions<C extends Command>(command: C): C {
  const { calls, replicas, rate, scaleRate, rollRate, deadline, window, seed } = numbers;
  command
    .option('--schemes <list>', `which ways of calling to measure, for example xds,clusterip-grpc (default: all)`)
    .option('--calls <n>', `counted calls of each scheme (default: ${calls.fallback})`)
    .option('--replicas <n>', `backends to begin with (default: ${replicas.fallback})`)
    .option('--scale-to <n>', 'backends after the scale-out; as many as --replicas: none (default: twice --replicas)')
    .option(
      '--rolling-update',
      'also replace all backends one by one, and back, under constant calls (about 15 s more)',
    )
    .option('--rate <n>', `counted calls a second (default: ${rate.fallback})`)
    .option('--scale-rate <n>', `calls a second of each scheme while pods come and go (default: ${scaleRate.fallback})`)
    .option('--roll-rate <n>', `calls a second of each scheme in a rolling update (default: ${rollRate.fallback})`)
    .option('--deadline <ms>', `deadline of every call in milliseconds (default: ${deadline.fallback})`)
    .option('--window <ms>', `how long a client may take to follow a change (default: ${window.fallback})`)
    .option('--seed <n>', `random seed (default: ${seed.fallback})`);
  return command;
}
