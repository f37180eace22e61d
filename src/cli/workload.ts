import { type Command, Option } from 'commander';
import { createLogger } from '../base/log.ts';
import { wantsTraces } from '../base/wants-traces.ts';
import type { ServerSettings } from '../workloads/common-options.ts';
import { envOf, flagOf, settle } from '../workloads/options.ts';
import { type WorkloadEntry, workloads } from '../workloads/registry.ts';

/** `evenkeel workload NAME`: one pod of one of the reference systems, in this process. */
export function registerWorkload(root: Command): void {
  const group = root
    .command('workload')
    .description('Run one pod of the reference systems A to E.')
    .addHelpText(
      'after',
      '\nExample:\n  evenkeel workload be1-srv --port 50051      (evenkeel workload be1-srv --help lists its flags)',
    );
  for (const entry of workloads) addWorkload(group, entry);
}

function addWorkload(group: Command, entry: WorkloadEntry): void {
  const command = group
    .command(entry.name)
    .description(entry.summary)
    .addHelpText('after', `\nExample:\n  ${entry.example}`);
  for (const [key, declared] of Object.entries(entry.options)) {
    const notes = `env ${envOf(key, declared)}, default ${declared.shown ?? declared.fallback({})}`;
    const value = declared.placeholder === undefined ? '' : ` <${declared.placeholder}>`;
    command.addOption(new Option(`${flagOf(key)}${value}`, `${declared.description} (${notes})`));
  }
  command.action(async (given: Record<string, string | true>) => {
    const settings = settle(entry.options, given);
    // grpc-js honours a DNS server in a target only with this, and reads it once, when it is loaded.
    if (process.env.EVENKEEL_DNS) process.env.GRPC_NODE_USE_ALTERNATIVE_RESOLVER ??= 'true';
    const { callUntilStopped, serveUntilStopped } = await import('../workloads/pod/process.ts');
    const { program } = entry;
    const endTraces = await startTraces(entry, settings);
    if ('call' in program) await callUntilStopped((signal) => program.call(settings, signal));
    else await serveUntilStopped(await program.start(settings), settings as unknown as ServerSettings);
    await endTraces?.();
    // Everything of ours is closed; grpc-js-xds goes on trying to reach its control plane for ever.
    process.exit();
  });
}

/** Loads OpenTelemetry where the environment asks for it, and nothing of it elsewhere. */
async function startTraces(
  entry: WorkloadEntry,
  settings: Readonly<Record<string, unknown>>,
): Promise<(() => Promise<void>) | undefined> {
  if (!wantsTraces(process.env)) return undefined;
  const { startTraces } = await import('../workloads/tracing/start-traces.ts');
  const service = entry.serviceName?.(settings) ?? entry.name;
  const pod = (settings.podName as string | undefined) ?? process.env.POD_NAME;
  return startTraces({ service, pod, decides: entry.decidesSampling }, createLogger(entry.name, 'warn'), process.env);
}
