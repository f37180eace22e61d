import type { Command } from 'commander';
import { EvenkeelError } from '../../base/errors.ts';
import type { ChangeKind } from '../../probe/experiment/change/report.ts';
import { type ProofOptions, parseProofOptions } from '../../probe/options.ts';
import { addClusterOptions } from '../prove/cluster-options.ts';
import { type GrpcClient, parseClients } from './change/clients.ts';
import { type Variant, variants } from './change/variants.ts';
import { refuseClusterFlags } from './cluster-flags.ts';
import { namespacePrefix, type RawClusterOptions } from './in-cluster/options.ts';
import { addOutputOptions, parseOutput } from './output.ts';
import { wholeNumber } from './whole-number.ts';

/** What `evenkeel experiment scale-out | scale-in | rolling-update` measures. */
export interface ChangeOptions {
  /** Schemes, pods, rates, deadline, seed. */
  readonly proof: ProofOptions;
  /** Who calls where a scheme is gRPC. */
  readonly clients: readonly GrpcClient[];
  /** From a pod's event until the endpoints are published; null: as long as a cluster takes. */
  readonly endpointDelayMs: number | null;
  /** Empty: measured once, with ordinary pods. */
  readonly variants: readonly Variant[];
}

const allGrpc =
  'clusterip-grpc,headless-pick-first,headless-round-robin,headless-round-robin-max-age,l7-envoy,xds-dns,xds';
const ablated = 'clusterip-grpc,headless-round-robin,xds';

const about: Readonly<Record<ChangeKind, { description: string; schemes: string; examples: string }>> = {
  'scale-out': {
    description: 'Add pods under constant calls: how soon each way of calling finds them (about half a minute).',
    schemes: allGrpc,
    examples: `
  evenkeel experiment scale-out --html scale-out.html
  evenkeel experiment scale-out --clients grpc-js,grpc-go
  evenkeel experiment scale-out --pods 2 --scale-to 10 --schemes headless-round-robin,xds
  evenkeel experiment scale-out --kubernetes --image evenkeel:dev`,
  },
  'scale-in': {
    description:
      'Take pods away under constant calls: how soon they are left alone, and what is lost (about half a minute).',
    schemes: allGrpc,
    examples: `
  evenkeel experiment scale-in --endpoint-delay 1000
  evenkeel experiment scale-in --pods 1 --scale-to 5 --schemes clusterip-grpc,xds --json`,
  },
  'rolling-update': {
    description:
      'Replace all pods under constant calls, with drain time, preStop, age grace and retries varied one at a time (about 2 minutes).',
    schemes: ablated,
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
  const { description, schemes, examples } = about[kind];
  const command = experiment
    .command(kind)
    .description(description)
    .option('--schemes <list>', `ways of calling to measure (default: ${schemes.replaceAll(',', ', ')})`)
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
    .option('--seed <n>', 'seed of everything that is chance (default: 1)');
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
        const { measureInCluster } = await import('./change/in-cluster/run.ts');
        process.exitCode = await measureInCluster(kind, options, raw as RawClusterOptions, parseOutput(raw));
        return;
      }
      const { measureChange } = await import('./change/measure.ts');
      process.exitCode = await measureChange(kind, options, parseOutput(raw));
    });
}

/** @throws EvenkeelError `EK_USAGE`, `EK_UNKNOWN_SCHEME`, naming the flag */
export function parseChange(
  kind: ChangeKind,
  raw: Readonly<Record<string, string | boolean | undefined>>,
): ChangeOptions {
  const given = (name: string): string | undefined => raw[name] as string | undefined;
  refuseClusterFlags(raw);
  if (raw.kubernetes === true && raw.endpointDelay !== undefined) {
    throw new EvenkeelError('EK_EXPERIMENT_LAB_ONLY', 'a cluster publishes endpoints in its own time', {
      field: '--endpoint-delay',
    });
  }
  const pods = wholeNumber(given('pods'), '--pods', 3, 1, 50);
  const scaleTo = wholeNumber(given('scaleTo'), '--scale-to', kind === 'rolling-update' ? pods : pods * 2, pods, 100);
  if (kind !== 'rolling-update' && scaleTo === pods) {
    throw new EvenkeelError('EK_USAGE', `--scale-to ${scaleTo} is no more than --pods ${pods}: nothing would change`, {
      field: '--scale-to',
    });
  }
  const proof = parseProofOptions({
    schemes: given('schemes') ?? about[kind].schemes,
    replicas: String(pods),
    scaleTo: String(scaleTo),
    scaleRate: String(wholeNumber(given('rate'), '--rate', 100, 1, 1000)),
    deadline: given('deadline'),
    seed: given('seed'),
  });
  const varied = kind === 'rolling-update' && raw.plain !== true;
  return {
    proof,
    clients: parseClients(given('clients')),
    endpointDelayMs:
      raw.kubernetes === true
        ? null
        : wholeNumber(given('endpointDelay'), '--endpoint-delay', kind === 'rolling-update' ? 1000 : 0, 0, 60_000),
    variants: varied ? variants : [],
  };
}
