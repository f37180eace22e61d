import { type Command, Option } from 'commander';
import { EvenkeelError } from '../base/errors.ts';
import { addProofOptions, proofFlags } from '../probe/options.ts';
import { addShowOptions, showFlags } from '../probe/output-flags.ts';
import { registerLabCommands } from './lab-commands.ts';

export function registerLab(root: Command): void {
  const lab = root
    .command('lab')
    .description('Start a small cluster on this machine and measure which way of calling keeps the load even.')
    .option('--id <name>', 'name of the lab, where several run')
    .addOption(
      new Option(
        '--system <letter>',
        'start one of the reference systems a, b, c, d, e instead, and keep it up',
      ).conflicts([...proofFlags, ...showFlags]),
    )
    .option('--traces <url>', 'with --system: send traces to this store, Zipkin (…/api/v2/spans) or OTLP')
    .option('--keep', 'leave the lab up after the measurements and print what to curl; Ctrl-C ends it');
  addShowOptions(addProofOptions(lab));
  lab.addOption(
    new Option(
      '--node-local',
      'only show what externalTrafficPolicy: Local does to pods on two machines, one on the first and four on the second',
    ).conflicts(['schemes', 'replicas', 'scaleTo', 'rollingUpdate', 'by', 'system']),
  );
  lab
    .addHelpText(
      'after',
      `
Examples:
  evenkeel lab                                         all schemes, 300 calls each
  evenkeel lab --schemes clusterip-grpc,xds --calls 1000 --report report.json
  evenkeel lab --rolling-update                        also what a new version and the way back cost each scheme
  evenkeel lab --schemes clusterip-grpc,xds --scale-to 3 --rolling-update
  evenkeel lab --by zone                               also the shares by zone
  evenkeel lab --node-local                            a balancer that spreads by node, in front of 1 + 4 pods
  evenkeel lab --html report.html                      also a page with plots
  evenkeel lab --schemes xds --expect balanced --max-failed 0 --max-converge 2s
  evenkeel lab --system c --traces http://127.0.0.1:9411/api/v2/spans
  evenkeel lab --keep                                  leave it up; in a second terminal: evenkeel lab ps`,
    )
    .action(async (options: Record<string, unknown>) => {
      if (options.system !== undefined)
        return (await import('../environments/systems/run-system.ts')).runSystem(options);
      if (options.traces !== undefined) {
        throw new EvenkeelError('EK_USAGE', 'only the reference systems send traces', {
          field: '--traces',
          hint: 'Name one with --system c.',
        });
      }
      if (options.nodeLocal === true) {
        const { proveNodeLocal } = await import('../experiments/node-local/in-lab.ts');
        process.exitCode = await proveNodeLocal(options);
        return;
      }
      const { proveInLab } = await import('../experiments/schemes/in-lab.ts');
      process.exitCode = await proveInLab(options);
    });
  registerLabCommands(lab);
}
