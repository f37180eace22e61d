import type { Command } from 'commander';
import { addOutputOptions, parseOutput } from '../../probe/output-flags.ts';
import { wayNames } from './kinds.ts';
import { parseUnevenPods } from './options.ts';

/** `evenkeel experiment uneven-pods` */
export function registerUnevenPods(experiment: Command): void {
  const command = experiment
    .command('uneven-pods')
    .description('See how even the work of pods is where some are slower than others (three minutes).')
    .option('--pods <n>', 'pods, the slow ones among them (default: 6)')
    .option('--slow <n>', 'slow pods (default: 2)')
    .option('--slower <n>', 'how many times longer these take (default: 2)')
    .option('--latency <ms>', 'time of an answer of an ordinary pod (default: 150)')
    .option('--clients <n>', 'clients of each way (default: 3)')
    .option('--rate <n>', 'calls a second of each way (default: 200)')
    .option('--deadline <ms>', 'of each call (default: 5000)')
    .option('--ways <list>', `${wayNames.join(', ')} (default: all)`)
    .option('--window <s>', 'time that each figure is averaged over (default: 30)')
    .option('--seconds <n>', 'how long all call (default: 150)')
    .option('--seed <n>', 'random seed (default: 1)');
  addOutputOptions(command)
    .addHelpText(
      'after',
      `
Examples:
  evenkeel experiment uneven-pods --html uneven-pods.html
  evenkeel experiment uneven-pods --seconds 360 --ways turns,work --json`,
    )
    .action(async (raw: Readonly<Record<string, string | undefined>>) => {
      const options = parseUnevenPods(raw);
      const { measureUnevenPods } = await import('./in-lab.ts');
      process.exitCode = await measureUnevenPods(options, parseOutput(raw));
    });
}
