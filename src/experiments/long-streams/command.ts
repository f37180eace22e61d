import type { Command } from 'commander';
import { addOutputOptions, parseOutput } from '../../probe/output-flags.ts';
import { defaults, parseLongStreams } from './options.ts';

/** `evenkeel experiment long-streams` */
export function registerLongStreams(experiment: Command): void {
  const command = experiment
    .command('long-streams')
    .description('Scale out under streams of an hour and see what makes them even, and what that costs (two minutes).')
    .option('--streams <n>', `streams of all clients together (default: ${defaults.streams})`)
    .option('--clients <n>', `clients that keep them open (default: ${defaults.clients})`)
    .option('--lasts <time>', `how long a stream lasts by itself (default: ${defaults.lasts})`)
    .option('--pods <n>', `pods before the scale-out (default: ${defaults.pods})`)
    .option('--scale-to <n>', `pods after it (default: ${defaults.scaleTo})`)
    .option('--max-duration <time>', `evenkeel.dev/maxStreamDuration (default: ${defaults.maxDuration})`)
    .option('--age <time>', `MaxConnectionAge of servers (default: ${defaults.age})`)
    .option('--grace <time>', `its grace, in one of two rows (default: ${defaults.grace})`)
    .option('--scale <n>', `times are so many times shorter here (default: ${defaults.scale})`)
    .option('--seed <n>', 'random seed (default: 1)');
  addOutputOptions(command)
    .addHelpText(
      'after',
      `
Examples:
  evenkeel experiment long-streams --html long-streams.html
  evenkeel experiment long-streams --max-duration 5m --age 30m --grace 5m --json`,
    )
    .action(async (raw: Readonly<Record<string, string | undefined>>) => {
      const options = parseLongStreams(raw);
      const { measureLongStreams } = await import('./in-lab.ts');
      process.exitCode = await measureLongStreams(options, parseOutput(raw));
    });
}
