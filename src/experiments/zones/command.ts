import type { Command } from 'commander';
import { addOutputOptions, parseOutput } from '../../probe/output-flags.ts';
import { wayNames } from './kinds.ts';
import { parseZones } from './options.ts';

/** `evenkeel experiment zones` */
export function registerZones(experiment: Command): void {
  const command = experiment
    .command('zones')
    .description('See how many calls leave their zone, and what a zone that loses its pods costs (two minutes).')
    .option('--pods <list>', 'pods of each zone; the first zone loses its own (default: 5,4,2)')
    .option('--callers <list>', 'percent of the calls from each zone (default: 60,30,10)')
    .option('--clients <list>', 'sizes of the fleets that call (default: 60,3)')
    .option('--ways <list>', `${wayNames.join(', ')} (default: all)`)
    .option('--rate <n>', 'calls a second of each fleet (default: 60)')
    .option('--deadline <ms>', 'of each call (default: 2000)')
    .option('--settle <s>', 'how long calls do not count at first (default: 25)')
    .option('--steady <s>', 'how long all pods are counted, and those that stay (default: 20)')
    .option('--each <s>', 'time from the end of a pod to that of the next (default: 4)')
    .option('--seed <n>', 'random seed (default: 1)');
  addOutputOptions(command)
    .addHelpText(
      'after',
      `
Examples:
  evenkeel experiment zones --html zones.html
  evenkeel experiment zones --clients 10 --ways 'no zones,evenkeel' --json`,
    )
    .action(async (raw: Readonly<Record<string, string | undefined>>) => {
      const options = parseZones(raw);
      const { measureZones } = await import('./in-lab.ts');
      process.exitCode = await measureZones(options, parseOutput(raw));
    });
}
