import type { Command } from 'commander';
import { addClusterOptions } from '../../environments/cluster/cluster-options.ts';
import type { RawProveOptions } from '../../environments/cluster/options.ts';
import { addOutputOptions, parseOutput } from '../../probe/output-flags.ts';
import { namespacePrefix } from '../cluster-options.ts';
import { parseChange, schemesOf } from './options.ts';
import type { ChangeKind } from './report.ts';

const about: Readonly<Record<ChangeKind, { description: string; examples: string }>> = {
  'scale-out': {
    description: 'Add pods under constant calls: how soon each way of calling finds them (about half a minute).',
    examples: `
  evenkeel experiment scale-out --html scale-out.html
  evenkeel experiment scale-out --clients grpc-js,grpc-go
  evenkeel experiment scale-out --pods 2 --scale-to 10 --schemes headless-round-robin,xds
  evenkeel experiment scale-out --kubernetes --image evenkeel:dev`,
  },
  'scale-in': {
    description:
      'Take pods away under constant calls: how soon they are left alone, and what is lost (about half a minute).',
    examples: `
  evenkeel experiment scale-in --endpoint-delay 1000
  evenkeel experiment scale-in --pods 1 --scale-to 5 --schemes clusterip-grpc,xds --json`,
  },
  'rolling-update': {
    description:
      'Replace all pods under constant calls, with drain time, preStop, age grace and retries varied one at a time (about 2 minutes).',
    examples: `
  evenkeel experiment rolling-update --html rolling.html
  evenkeel experiment rolling-update --schemes xds --endpoint-delay 3000
  evenkeel experiment rolling-update --plain --schemes clusterip-http-keepalive,xds`,
  },
};

/** `evenkeel experiment scale-out | scale-in | rolling-update` */
export function registerChanges(experiment: Command): void {
  for (const kind of Object.keys(about) as ChangeKind[]) register(experiment, kind);
}

function register(experiment: Command, kind: ChangeKind): void {
  const { description, examples } = about[kind];
  const command = experiment
    .command(kind)
    .description(description)
    .option('--schemes <list>', `ways of calling to measure (default: ${schemesOf[kind].replaceAll(',', ', ')})`)
    .option('--clients <list>', 'who makes gRPC calls: grpc-js, grpc-go or both (default: grpc-js)')
    .option('--pods <n>', `pods, the smaller number where it changes (default: 3)`);
  if (kind !== 'rolling-update') command.option('--scale-to <n>', 'the larger number (default: twice --pods)');
  else command.option('--plain', 'measure once, with ordinary pods, and vary nothing');
  command
    .option('--rate <n>', 'calls a second of each client (default: 100)')
    .option('--deadline <ms>', 'deadline of every call in milliseconds (default: 1000)')
    .option(
      '--endpoint-delay <ms>',
      `from a pod's event until everybody is told; a cluster takes 1000 to 3000 (default: ${kind === 'rolling-update' ? 1000 : 0})`,
    )
    .option('--seed <n>', 'random seed (default: 1)');
  command.option('--kubernetes', 'measure in a cluster, in a namespace of its own (docs/prove.md)');
  addClusterOptions(command, namespacePrefix).option(
    '--go-client-image <image>',
    'image that has the grpc-go client, whose rows are skipped without one',
  );
  addOutputOptions(command)
    .addHelpText('after', `\nExamples:${examples}`)
    .action(async (raw: Readonly<Record<string, string | boolean | undefined>>) => {
      const options = parseChange(kind, raw);
      if (raw.kubernetes === true) {
        const { measureInCluster } = await import('./in-cluster.ts');
        process.exitCode = await measureInCluster(kind, options, raw as RawProveOptions, parseOutput(raw));
        return;
      }
      const { measureChange } = await import('./in-lab.ts');
      process.exitCode = await measureChange(kind, options, parseOutput(raw));
    });
}
