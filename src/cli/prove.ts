import { type Command, Option } from 'commander';
import { EvenkeelError } from '../base/errors.ts';
import { addClusterOptions } from '../environments/cluster/cluster-options.ts';
import { addProofOptions, proofFlags } from '../probe/options.ts';
import { addShowOptions, showFlags } from '../probe/output-flags.ts';
import { collect } from './ask-options.ts';

export function registerProve(root: Command): void {
  const command = root
    .command('prove')
    .description('Measure in a real cluster which way of calling keeps the load even, in a namespace of its own.');
  addClusterOptions(command, 'evenkeel-prove').option('--keep', 'leave the namespace as it is after the run');
  addShowOptions(addProofOptions(command));
  command
    .addOption(
      new Option('--clean', 'only delete namespaces that earlier runs have left').conflicts([
        'keep',
        ...proofFlags,
        ...showFlags,
      ]),
    )
    .addOption(
      new Option('--live', 'no calls and no namespace: judge the real traffic that clients report').conflicts([
        ...['keep', 'clean', ...proofFlags],
        // Whether it is even is what this judges.
        ...showFlags.filter((flag) => flag !== 'expect'),
      ]),
    )
    .addOption(
      new Option(
        '--admin <host:port>',
        'with --live: admin server of a control plane; once for each replica',
      ).argParser(collect),
    )
    .addOption(
      new Option('--service <name>', 'with --live: only this Service, [NAMESPACE/]NAME[:PORT]').argParser(collect),
    )
    .addOption(new Option('--in-pod', 'what the pod that makes the calls is started with').hideHelp())
    .addHelpText(
      'after',
      `
Examples:
  evenkeel prove                                       all schemes, in the current context
  evenkeel prove --context kind-local --schemes clusterip-grpc,xds --calls 1000
  evenkeel prove --rolling-update --report report.json
  evenkeel prove --control-plane evenkeel-xds.evenkeel:18000 --schemes xds
  evenkeel prove --live --service shop/orders          a gate on real traffic: exit code 0 or 1
  evenkeel prove --clean                               deletes what killed or kept runs have left

Rights that it needs, and what it makes: docs/prove.md`,
    )
    .action(async (options: Record<string, unknown>) => {
      if (options.inPod === true) {
        const { proveInPod } = await import('../experiments/in-pod.ts');
        process.exitCode = await proveInPod();
        return;
      }
      if (options.live === true) {
        const { proveLive } = await import('./prove-live.ts');
        process.exitCode = await proveLive(options);
        return;
      }
      const ofLive = (['admin', 'service'] as const).find((flag) => options[flag] !== undefined);
      if (ofLive !== undefined) {
        throw new EvenkeelError('EK_USAGE', `--${ofLive} says nothing without --live`, {
          field: `--${ofLive}`,
          hint: 'Add --live to judge real traffic; without it this makes a namespace and calls of its own.',
        });
      }
      if (options.clean === true) {
        const { cleanCluster } = await import('../environments/cluster/clean.ts');
        process.exitCode = await cleanCluster(options.context as string | undefined, options.json === true);
        return;
      }
      const { proveInCluster } = await import('../experiments/schemes/in-cluster.ts');
      process.exitCode = await proveInCluster(options);
    });
}
