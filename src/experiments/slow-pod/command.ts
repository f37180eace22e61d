import type { Command } from 'commander';
import { addOutputOptions, parseOutput } from '../../probe/output-flags.ts';
import { parseSlowPod } from './options.ts';

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
    .option('--seed <n>', 'random seed (default: 1)');
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
      const { measureSlowPod } = await import('./in-lab.ts');
      process.exitCode = await measureSlowPod(options, parseOutput(raw));
    });
}
