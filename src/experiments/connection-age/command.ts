import type { Command } from 'commander';
import { addClusterOptions } from '../../environments/cluster/cluster-options.ts';
import type { RawProveOptions } from '../../environments/cluster/options.ts';
import { addOutputOptions, parseOutput } from '../../probe/output-flags.ts';
import { namespacePrefix } from '../cluster-options.ts';
import { defaults, fleet, inCluster, parseConnectionAge } from './options.ts';

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
    .option('--seed <n>', 'random seed (default: 1)')
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
        const { measureInCluster } = await import('./in-cluster.ts');
        process.exitCode = await measureInCluster(options, raw as RawProveOptions, output);
        return;
      }
      // Read by grpc-js when it is loaded: only with this resolver does it ask the lab's DNS server.
      process.env.GRPC_NODE_USE_ALTERNATIVE_RESOLVER ??= 'true';
      const { measureConnectionAge } = await import('./in-lab.ts');
      process.exitCode = await measureConnectionAge(options, output);
    });
}
