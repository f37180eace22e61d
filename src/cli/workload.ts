import { type Command, Option } from 'commander';
import type { ServerSettings } from '../workloads/common-options.ts';
import { envOf, flagOf, settle } from '../workloads/options.ts';
import { type WorkloadEntry, workloads } from '../workloads/registry.ts';

/** `evenkeel workload NAME`: one pod of one of the reference systems, in this process. */
export function registerWorkload(root: Command): void {
  const group = root.command('workload').description('Run one pod of the reference systems A to E.');
  for (const entry of workloads) addWorkload(group, entry);
}

function addWorkload(group: Command, entry: WorkloadEntry): void {
  const command = group
    .command(entry.name)
    .description(entry.summary)
    .addHelpText('after', `\nExample:\n  ${entry.example}`);
  for (const [key, declared] of Object.entries(entry.options)) {
    const fallback = declared.fallback({});
    const notes = [
      `env ${envOf(key, declared)}`,
      fallback === undefined || fallback === '' ? '' : `default ${fallback}`,
    ].filter((note) => note !== '');
    const value = declared.placeholder === undefined ? '' : ` <${declared.placeholder}>`;
    command.addOption(new Option(`${flagOf(key)}${value}`, `${declared.description} (${notes.join(', ')})`));
  }
  command.action(async (given: Record<string, string | true>) => {
    const settings = settle(entry.options, given);
    // grpc-js honours a DNS server in a target only with this, and reads it once, when it is loaded.
    if (process.env.EVENKEEL_DNS) process.env.GRPC_NODE_USE_ALTERNATIVE_RESOLVER ??= 'true';
    const { serveUntilStopped } = await import('../workloads/pod/process.ts');
    await serveUntilStopped(await entry.start(settings), settings as unknown as ServerSettings);
  });
}
