import { type Command, Option } from 'commander';
import type { EdgeFormat } from '../live/edges.ts';
import { addLiveOptions, type LiveOptions } from './live-options.ts';

interface EdgesOptions extends LiveOptions {
  readonly format: EdgeFormat;
}

export function registerEdges(root: Command): void {
  const command = root
    .command('edges')
    .description('Show who calls whom, how often and with what result, as clients report it.')
    .addOption(new Option('--format <form>', 'form').choices(['text', 'json', 'mermaid', 'dot']).default('text'));
  addLiveOptions(command)
    .addHelpText(
      'after',
      `
Needs a control plane with --load-reports. A caller is the workload that its bootstrap names
(evenkeel bootstrap --workload), else the Deployment that its pod's name shows.

Examples:
  evenkeel edges
  evenkeel edges --format mermaid > calls.mmd
  evenkeel edges --format dot | dot -Tsvg > calls.svg`,
    )
    .action(async ({ json, format, ...options }: EdgesOptions) => {
      const [{ printEdges }, { painter }, { useColour }, { viewOf }] = await Promise.all([
        import('../live/edges.ts'),
        import('../probe/print/layout.ts'),
        import('../probe/print/print-report.ts'),
        import('./live-view.ts'),
      ]);
      console.log(printEdges(await viewOf(options), json ? 'json' : format, painter(useColour(process.stdout))));
    });
}
