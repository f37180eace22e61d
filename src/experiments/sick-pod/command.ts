import type { Command } from 'commander';
import { addOutputOptions, parseOutput } from '../../probe/output-flags.ts';
import { protectionNames, sicknessNames } from './kinds.ts';
import { parseSickPod } from './options.ts';

/** `evenkeel experiment sick-pod` */
export function registerSickPod(experiment: Command): void {
  const command = experiment
    .command('sick-pod')
    .description('Make one pod sick and see how many calls it costs: nothing, checks, A50, load reports (6 minutes).')
    .option('--pods <n>', 'pods, the sick one among them (default: 5)')
    .option('--rate <n>', 'calls a second of all clients together (default: 100)')
    .option('--seconds <n>', 'how long each sickness is called under each protection (default: 20)')
    .option('--deadline <ms>', 'of each call (default: 1000)')
    .option('--latency <ms>', 'how long an ordinary pod takes for an answer (default: 10)')
    .option('--clients <list>', 'grpc-js, grpc-go (default: both)')
    .option('--copies <n>', 'processes of each kind of client (default: 2)')
    .option('--sicknesses <list>', `${sicknessNames.join(', ')} (default: all)`)
    .option('--protections <list>', `${protectionNames.join(', ')} (default: all)`)
    .option('--seed <n>', 'random seed (default: 1)');
  addOutputOptions(command)
    .addHelpText(
      'after',
      `
Examples:
  evenkeel experiment sick-pod --html sick-pod.html
  evenkeel experiment sick-pod --sicknesses frozen --protections 'nothing,load reports'`,
    )
    .action(async (raw: Readonly<Record<string, string | undefined>>) => {
      const options = parseSickPod(raw);
      const { measureSickPod } = await import('./in-lab.ts');
      process.exitCode = await measureSickPod(options, parseOutput(raw));
    });
}
