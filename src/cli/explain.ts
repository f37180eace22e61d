import type { Command } from 'commander';
import { type AskOptions, addAskOptions } from './ask-options.ts';

interface ExplainFlags extends AskOptions {
  readonly from?: string;
  readonly namespace?: string;
}

export function registerExplain(root: Command): void {
  const command = root
    .command('explain')
    .argument('<target>', 'xds:///NAME.NAMESPACE[:PORT], or the target that a client has now')
    .description('Say why calls to a target get there or not: from the name to the pods, and what clients make of it.')
    .option('--from <pod|node>', 'look at this client: its pod, its Kubernetes node, or its address')
    .option('--namespace <name>', 'namespace of a target that names none (default: that of --from, else default)');
  addAskOptions(command)
    .addHelpText(
      'after',
      `
The first line is the cause. Exit code: 0 all is in order, 1 something is not,
2 bad input, 3 no control plane answers. More: docs/explain.md

Examples:
  evenkeel explain xds:///orders.shop
  evenkeel explain orders --from web-7c9d8b6f5-xk2lp
  evenkeel explain dns:///orders.shop:50051 --json
  kubectl evenkeel explain orders.shop    asks all replicas of a cluster`,
    )
    .action(async (target: string, { admin, json, ...options }: ExplainFlags) => {
      const [{ showExplanation }, { painter }, { useColour }] = await Promise.all([
        import('../explain/show-explanation.ts'),
        import('../probe/print/layout.ts'),
        import('../probe/print/print-report.ts'),
      ]);
      const paint = painter(useColour(process.stdout));
      process.exitCode = await showExplanation({ ...options, target, admins: admin, json: json === true, paint });
    });
}
