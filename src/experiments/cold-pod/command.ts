import type { Command } from 'commander';
import { addOutputOptions, parseOutput } from '../../probe/output-flags.ts';
import { parseColdPod } from './options.ts';

/** `evenkeel experiment cold-pod` */
export function registerColdPod(experiment: Command): void {
  const command = experiment
    .command('cold-pod')
    .description('Replace pods that are slow at first and see what a slow start saves (two and a half minutes).')
    .option('--pods <n>', 'pods, all of which are replaced (default: 6)')
    .option('--clients <n>', 'clients that call them (default: 20)')
    .option('--rate <n>', 'calls a second of all clients together (default: 180)')
    .option('--deadline <ms>', 'of each call (default: 5000)')
    .option('--latency <ms>', 'mean time of an answer, exponential (default: 40)')
    .option('--cold <ms>', 'what the first call costs a new pod besides, one call at a time (default: 60)')
    .option('--warm-up <s>', 'how long until that is nothing (default: 20)')
    .option('--slow-start <s>', 'evenkeel.dev/slowStart (default: 30)')
    .option('--each <s>', 'from one new pod that is ready to the next (default: 10)')
    .option('--steady <s>', 'how long calls are counted before the rollout (default: 10)')
    .option('--seed <n>', 'random seed (default: 1)');
  addOutputOptions(command)
    .addHelpText(
      'after',
      `
Examples:
  evenkeel experiment cold-pod --html cold-pod.html
  evenkeel experiment cold-pod --cold 100 --slow-start 60 --json`,
    )
    .action(async (raw: Readonly<Record<string, string | undefined>>) => {
      const options = parseColdPod(raw);
      const { measureColdPod } = await import('./in-lab.ts');
      process.exitCode = await measureColdPod(options, parseOutput(raw));
    });
}
