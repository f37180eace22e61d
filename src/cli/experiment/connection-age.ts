import type { Command } from 'commander';
import { EvenkeelError } from '../../base/errors.ts';
import { parseDuration } from '../../probe/measure/duration.ts';
import { addClusterOptions } from '../prove/cluster-options.ts';
import { refuseClusterFlags } from './cluster-flags.ts';
import { namespacePrefix, type RawClusterOptions } from './in-cluster/options.ts';
import { addOutputOptions, parseOutput } from './output.ts';

/** A cluster's DNS cannot be made faster, so ages are what they are there, and few. */
const inCluster = { ages: '10s,30s,1m,2m', scale: 1 } as const;
const defaults = {
  ages: '1s,10s,30s,1m,2m,5m,10m',
  scale: 30,
  dns: '30s',
  pods: 3,
  scaleTo: 6,
  clients: 3,
  rate: 50,
} as const;
const fleet = { clients: 200, pods: 20, scaleOuts: 4, podsAdded: 5, cores: 1 } as const;

/** What `evenkeel experiment connection-age` measures; ages and intervals are those of a cluster. */
export interface ConnectionAgeOptions {
  readonly agesMs: readonly number[];
  readonly scale: number;
  readonly dnsMs: number;
  readonly pods: number;
  readonly scaleTo: number;
  readonly clients: number;
  readonly ratePerSecond: number;
  readonly seed: number;
  readonly fleet: {
    readonly clients: number;
    readonly pods: number;
    readonly scaleOutsPerHour: number;
    readonly podsAdded: number;
    readonly coresPerPod: number;
    readonly dnsMs: number;
  };
}

/** `evenkeel experiment connection-age` */
export function registerConnectionAge(experiment: Command): void {
  const command = experiment
    .command('connection-age')
    .description(
      'Measure what MaxConnectionAge costs and what it brings, and recommend one for a fleet (about 4 minutes).',
    )
    .option(
      '--ages <list>',
      `ages to measure, as in a cluster (default: ${defaults.ages}; in a cluster ${inCluster.ages})`,
    )
    .option(
      '--scale <n>',
      `ages and DNS intervals are at most so many times shorter (default: ${defaults.scale}, in a cluster ${inCluster.scale})`,
    )
    .option(
      '--dns-interval <time>',
      `a client resolves a name again at most so often, as in a cluster (default: ${defaults.dns})`,
    )
    .option('--pods <n>', `pods before the scale-out (default: ${defaults.pods})`)
    .option('--scale-to <n>', `pods after it (default: ${defaults.scaleTo})`)
    .option('--clients <n>', `client processes (default: ${defaults.clients})`)
    .option('--rate <n>', `calls a second of each (default: ${defaults.rate})`)
    .option('--fleet-clients <n>', `recommend for so many clients (default: ${fleet.clients})`)
    .option('--fleet-pods <n>', `… of so many pods (default: ${fleet.pods})`)
    .option('--scale-outs <n>', `… with so many scale-outs an hour (default: ${fleet.scaleOuts})`)
    .option('--pods-added <n>', `… by so many pods each (default: ${fleet.podsAdded})`)
    .option('--pod-cores <n>', `… of so many processors each (default: ${fleet.cores})`)
    .option('--seed <n>', 'seed of everything that is chance (default: 1)')
    .option(
      '--kubernetes',
      'measure in a cluster, in a namespace of its own (docs/prove.md; about a quarter of an hour)',
    );
  addClusterOptions(command, namespacePrefix);
  addOutputOptions(command)
    .addHelpText(
      'after',
      `
Examples:
  evenkeel experiment connection-age --html ages.html
  evenkeel experiment connection-age --ages 30s,2m,10m --fleet-clients 1000 --fleet-pods 50 --scale-outs 12
  evenkeel experiment connection-age --kubernetes --ages 30s,2m`,
    )
    .action(async (raw: Readonly<Record<string, string | boolean | undefined>>) => {
      const options = parseConnectionAge(raw);
      const output = parseOutput(raw);
      if (raw.kubernetes === true) {
        const { measureInCluster } = await import('./connection-age/in-cluster/run.ts');
        process.exitCode = await measureInCluster(options, raw as RawClusterOptions, output);
        return;
      }
      // Read by grpc-js when it is loaded: only with this resolver does it ask the lab's DNS server.
      process.env.GRPC_NODE_USE_ALTERNATIVE_RESOLVER ??= 'true';
      const { measureConnectionAge } = await import('./connection-age/measure.ts');
      process.exitCode = await measureConnectionAge(options, output);
    });
}

/** @throws EvenkeelError `EK_USAGE` */
export function parseConnectionAge(
  given: Readonly<Record<string, string | boolean | undefined>>,
): ConnectionAgeOptions {
  refuseClusterFlags(given);
  const raw = given as Readonly<Record<string, string | undefined>>;
  const usual = given.kubernetes === true ? { ...defaults, ...inCluster } : defaults;
  const number = (
    text: string | undefined,
    field: string,
    fallback: number,
    min: number,
    max: number,
    whole = true,
  ): number => {
    if (text === undefined) return fallback;
    const value = Number(text);
    if (!/^\d+(\.\d+)?$/.test(text) || value < min || value > max || (whole && !Number.isInteger(value))) {
      throw new EvenkeelError('EK_USAGE', `"${text}" is not a ${whole ? 'whole ' : ''}number from ${min} to ${max}`, {
        field,
        hint: `For example ${field} ${fallback}.`,
      });
    }
    return value;
  };
  const scale = number(raw.scale, '--scale', usual.scale, 1, 200, false);
  const agesMs = (raw.ages ?? usual.ages).split(',').map((age) => parseDuration(age.trim(), '--ages', { min: 1000 }));
  const pods = number(raw.pods, '--pods', defaults.pods, 1, 50);
  const scaleTo = number(raw.scaleTo, '--scale-to', Math.max(defaults.scaleTo, pods + 1), 2, 100);
  if (scaleTo <= pods) {
    throw new EvenkeelError('EK_USAGE', `--scale-to ${scaleTo} is not more than --pods ${pods}`, {
      field: '--scale-to',
    });
  }
  const dnsMs = parseDuration(raw.dnsInterval ?? defaults.dns, '--dns-interval', { min: 100 });
  return {
    agesMs: [...new Set(agesMs)].sort((a, b) => a - b),
    ...{ scale, dnsMs, pods, scaleTo },
    clients: number(raw.clients, '--clients', defaults.clients, 1, 20),
    ratePerSecond: number(raw.rate, '--rate', defaults.rate, 1, 1000),
    seed: number(raw.seed, '--seed', 1, 0, 2 ** 31 - 1),
    fleet: {
      clients: number(raw.fleetClients, '--fleet-clients', fleet.clients, 1, 1_000_000),
      pods: number(raw.fleetPods, '--fleet-pods', fleet.pods, 1, 100_000),
      scaleOutsPerHour: number(raw.scaleOuts, '--scale-outs', fleet.scaleOuts, 0, 3600, false),
      podsAdded: number(raw.podsAdded, '--pods-added', fleet.podsAdded, 1, 100_000),
      coresPerPod: number(raw.podCores, '--pod-cores', fleet.cores, 0.001, 1000, false),
      dnsMs,
    },
  };
}
