import { toEvenkeelError } from '../../base/errors.ts';
import { backendNames } from '../../environments/backends.ts';
import { templates } from '../../environments/lab/backends.ts';
import { machine } from '../../environments/machine.ts';
import { versions } from '../../environments/versions.ts';
import type { Lab, PodRecord } from '../../lab/index.ts';
import { ClientProcess, type RunResult } from '../../probe/client/client-process.ts';
import { withClients } from '../../probe/client/with-clients.ts';
import { schemes } from '../../probe/index.ts';
import { addUp } from '../../probe/load/add-up.ts';
import type { Output } from '../../probe/output-flags.ts';
import { openClient } from '../../probe/run-scheme.ts';
import { chooseEnvoy } from '../envoy-parts.ts';
import { type EnvoyPolicy, startEnvoy } from '../policy-envoy.ts';
import { exitCodeOf } from '../rows.ts';
import { runInLab } from '../run-in-lab.ts';
import { concludeSlowPod } from './conclude.ts';
import type { SlowPodOptions } from './options.ts';
import { slowPodPage } from './page.ts';
import { deadlineOf, outlierIntervalMs, type Policy, policies, serviceConfigOf } from './policies.ts';
import { printSlowPod } from './print.ts';
import type { SlowPodReport, SlowPodRow } from './report.ts';

/** How long it may take until every pod has answered. */
const warmWithinMs = 10_000;

/** Where the clients call. */
interface Stage {
  readonly dnsTarget: string;
  readonly pods: readonly PodRecord[];
  readonly slow: PodRecord;
  readonly envoy: Readonly<Record<EnvoyPolicy, string>> | { readonly missing: string };
}

/** Measures one policy after the other with the same pods; the answer is the exit code. */
export function measureSlowPod(options: SlowPodOptions, output: Output): Promise<number> {
  const startedAt = new Date();
  const { pods, latencyMs, slower, ratePerSecond, seed } = options;
  return runInLab<SlowPodReport>({
    lab: { seed, dnsTtlSeconds: 1 },
    output,
    shown: {
      print: printSlowPod,
      page: slowPodPage,
      exitCode: exitCodeOf,
    },
    async measure(lab, progress, signal) {
      const stage = await setStage(lab, options);
      const rows: SlowPodRow[] = [];
      for (const policy of policies) {
        progress.step(
          `${policy.name}, deadline ${deadlineOf(policy, options)} ms${policy.by === 'envoy' ? ', Envoy' : ''}`,
        );
        const row = await measurePolicy(policy, stage, options, signal).catch((thrown: unknown): SlowPodRow => {
          const { code, message } = toEvenkeelError(thrown);
          return { ...headOf(policy, options), status: 'error', reason: `${code}: ${message}` };
        });
        if (signal.aborted) break;
        rows.push(row);
      }
      if (signal.aborted && rows.length === 0) throw signal.reason;
      return {
        schemaVersion: 1,
        kind: 'slow-pod',
        startedAt: startedAt.toISOString(),
        durationMs: Date.now() - startedAt.getTime(),
        conditions: {
          ...{
            versions: await versions(),
            machine: machine(),
            seed,
            pods,
            latencyMs,
            ratePerSecond,
            outlierIntervalMs,
          },
          slowLatencyMs: latencyMs * slower,
        },
        rows,
        interrupted: signal.aborted,
        conclusion: concludeSlowPod(rows, pods, signal.aborted),
      };
    },
  });
}

async function setStage(lab: Lab, { pods, latencyMs, slower }: SlowPodOptions): Promise<Stage> {
  const template = templates[backendNames.grpc];
  const taking = (ms: number) => ({ ...template, env: { ...template.env, EVENKEEL_LATENCY_MS: String(ms) } });
  lab.createDeployment({ name: 'ordinary', replicas: pods - 1, template: taking(latencyMs) });
  lab.createDeployment({ name: 'slow', template: taking(latencyMs * slower) });
  const { ports } = await lab.createService({
    name: 'backend',
    headless: true,
    selector: ['ordinary', 'slow'],
    ports: [{ name: 'grpc', port: template.ports![0]!.port, appProtocol: 'grpc' }],
  });
  const [ordinary, [slow]] = await Promise.all([lab.ready('ordinary'), lab.ready('slow')]);
  const all = [...ordinary, slow!];
  const binary = await chooseEnvoy();
  const envoy =
    typeof binary !== 'string'
      ? binary
      : await startEnvoy(
          lab,
          binary,
          all.map(({ ip, ports: [port] }) => ({ ip, port: port!.port })),
        );
  return { dnsTarget: `dns://${lab.dnsAddress}/${ports[0]!.address}`, pods: all, slow: slow!, envoy };
}

async function measurePolicy(
  policy: Policy,
  { dnsTarget, pods, slow, envoy }: Stage,
  options: SlowPodOptions,
  signal: AbortSignal,
): Promise<SlowPodRow> {
  const head = headOf(policy, options);
  if (policy.by === 'envoy' && 'missing' in envoy) return { ...head, status: 'skipped', reason: envoy.missing };
  const what = clientOf(policy, dnsTarget, envoy);
  return withClients(signal, async (started) => {
    const client = new ClientProcess(...what);
    started(client);
    await client.configured();
    await openClient(client);
    const run = `${policy.name}.${policy.by}.${policy.patience}`;
    const { ratePerSecond, calls } = options;
    const patient = warmWithinMs + head.deadlineMs;
    const untilAnswered = pods.map(({ name }) => name);
    await client.run({
      ...{ run: `${run}.warmup`, ratePerSecond, untilAnswered, withinMs: warmWithinMs, deadlineMs: patient },
    }).result;
    const result = await client.run({ run, ratePerSecond, calls, deadlineMs: head.deadlineMs }).result;
    return rowOf(head, policy, slow, result);
  });
}

function clientOf(
  policy: Policy,
  dnsTarget: string,
  envoy: Stage['envoy'],
): ConstructorParameters<typeof ClientProcess> {
  if (policy.by === 'envoy') {
    const target = (envoy as Readonly<Record<EnvoyPolicy, string>>)[policy.name as EnvoyPolicy];
    return [{ scheme: schemes['l7-envoy'], target, channelOptions: {} }];
  }
  // The policy stands in this service config, with its settings.
  const channelOptions = { 'grpc.service_config': JSON.stringify(serviceConfigOf(policy)) };
  const scheme = { ...schemes['headless-round-robin'], policy: undefined };
  return [{ scheme, target: dnsTarget, channelOptions }, { GRPC_NODE_USE_ALTERNATIVE_RESOLVER: 'true' }];
}

function rowOf(head: ReturnType<typeof headOf>, { why }: Policy, slow: PodRecord, { records }: RunResult): SlowPodRow {
  const { failed, failures, latencyMs, latencyOfAllMs } = addUp(records, head.deadlineMs);
  const address = `${slow.ip}:${slow.ports[0]!.port}`;
  const failedAt = records.filter(({ status }) => status !== 'OK').map(({ sentAt }) => sentAt);
  return {
    ...{ ...head, status: 'ok', calls: records.length, failed, failures, why },
    sentToSlow: records.filter(({ pod, peer }) => pod === slow.name || (pod === undefined && peer === address)).length,
    lastFailureMs:
      failed === 0 ? null : Math.round(Math.max(...failedAt) - Math.min(...records.map(({ sentAt }) => sentAt))),
    p50Ms: latencyMs.p50,
    p99Ms: latencyMs.p99,
    p50OfAllMs: latencyOfAllMs.p50,
    p99OfAllMs: latencyOfAllMs.p99,
  };
}

function headOf(policy: Policy, options: SlowPodOptions) {
  const client = policy.by === 'envoy' ? 'grpc-js through Envoy' : 'grpc-js';
  return { policy: policy.name, client, deadlineMs: deadlineOf(policy, options) } as const;
}
