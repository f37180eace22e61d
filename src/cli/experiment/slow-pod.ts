import type { Command } from 'commander';
import { addOutputOptions, parseOutput } from './output.ts';
import { wholeNumber } from './whole-number.ts';

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

/** `evenkeel experiment slow-pod` */
export function registerSlowPod(experiment: Command): void {
  const command = experiment
    .command('slow-pod')
    .description(
      'Slow one pod down and see who notices: round robin, outlier detection, least request (about a minute).',
    )
    .option('--pods <n>', 'pods, the slow one among them (default: 4)')
    .option('--latency <ms>', 'how long an ordinary pod takes for an answer (default: 20)')
    .option('--slower <n>', 'the slow one takes so many times longer (default: 10)')
    .option('--calls <n>', 'counted calls of each row (default: 600)')
    .option('--rate <n>', 'calls a second (default: 100)')
    .option('--seed <n>', 'seed of everything that is chance (default: 1)');
  addOutputOptions(command)
    .addHelpText(
      'after',
      `
Examples:
  evenkeel experiment slow-pod --html slow-pod.html
  evenkeel experiment slow-pod --pods 10 --latency 5 --slower 40 --json`,
    )
    .action(async (raw: Readonly<Record<string, string | undefined>>) => {
      const options = parseSlowPod(raw);
      const { measureSlowPod } = await import('./slow-pod/measure.ts');
      process.exitCode = await measureSlowPod(options, parseOutput(raw));
    });
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
