import { KubeConfig } from '@kubernetes/client-node';
import { EvenkeelError, toEvenkeelError } from '../base/errors.ts';
import { leaveSoon, terminationSignal, unlessAborted } from '../base/shutdown.ts';
import { backendNames, backendsOf, grpcPort, serviceNames } from '../environments/backends.ts';
import { awaitConnections, awaitName } from '../environments/cluster/await-services.ts';
import { type DriverEvent, eventProgress } from '../environments/cluster/events.ts';
import { KubernetesFixture } from '../environments/cluster/fixture.ts';
import { envoyPort, type Plan, partNames, partsOf, planEnv, xdsPort } from '../environments/cluster/plan.ts';
import { exitCodeOf, type Progress, runProof } from '../probe/index.ts';
import { measureChangeInPod } from './change/in-pod.ts';
import { measureAgesInPod } from './connection-age/in-pod.ts';
import type { PlannedExperiment } from './planned.ts';

/** After an outage of the API server Kubernetes' own controllers and DNS were seen to follow changes two minutes later. */
const servicesWithinMs = 180_000;

/** What the pod of a proof does: waits until all that it calls is there, measures, writes the report, ends. */
export async function proveInPod(env: NodeJS.ProcessEnv = process.env): Promise<number> {
  const text = env[planEnv];
  if (text === undefined) {
    throw new EvenkeelError('EK_USAGE', `there is no plan in ${planEnv}`, {
      field: '--in-pod',
      hint: '--in-pod is what evenkeel prove starts in the cluster; leave it out.',
    });
  }
  const plan = JSON.parse(text) as Plan;
  const early = new AbortController();
  void terminationSignal().then(() => early.abort());
  const config = new KubeConfig();
  config.loadFromCluster();
  const fixture = new KubernetesFixture(plan, config);
  const progress = eventProgress((line) => process.stdout.write(line));
  try {
    progress.step('waiting for Services');
    await fixture.start();
    await unlessAborted(awaitAll(plan, fixture), early.signal);
    return await measure(plan, fixture, progress, early.signal);
  } catch (thrown) {
    const { code, message, hint, exitCode } = toEvenkeelError(thrown);
    tell({ event: 'failed', code, message, hint });
    return exitCode;
  } finally {
    if (early.signal.aborted) leaveSoon();
    await fixture.close();
  }
}

async function measure(
  plan: Plan,
  fixture: KubernetesFixture,
  progress: Progress,
  signal: AbortSignal,
): Promise<number> {
  if (plan.experiment !== undefined) {
    const planned = plan.experiment as PlannedExperiment;
    const report =
      planned.kind === 'connection-age'
        ? await measureAgesInPod(planned.options, fixture, progress, signal)
        : await measureChangeInPod(planned.kind, planned.options, fixture, progress, signal);
    tell({ event: 'report', report });
    return 0;
  }
  const report = await runProof(fixture, plan.options, progress, signal);
  tell({ event: 'report', report });
  return exitCodeOf(report);
}

function tell(event: DriverEvent<unknown>): void {
  process.stdout.write(`${JSON.stringify(event)}\n`);
}

/** Everything that is called is ready, and its Services lead there. */
async function awaitAll(plan: Plan, fixture: KubernetesFixture): Promise<void> {
  const { replicas } = plan.options;
  const backends = backendsOf(plan.options.schemes);
  await Promise.all([
    ...backends.map((name) => fixture.ready(name, replicas)),
    ...partsOf(plan).map((name) => fixture.ready(name, 1)),
  ]);
  const ports = { [partNames.envoy]: envoyPort, [partNames.pushed]: xdsPort, [partNames.polled]: xdsPort };
  await Promise.all([
    ...partsOf(plan).map((name) => awaitConnections(name, ports[name], servicesWithinMs)),
    ...(backends.includes(backendNames.grpc)
      ? [
          awaitName(serviceNames.headless, replicas, servicesWithinMs),
          awaitConnections(serviceNames.clusterIp, grpcPort, servicesWithinMs),
        ]
      : []),
    ...(backends.includes(backendNames.aged) ? [awaitName(serviceNames.aged, replicas, servicesWithinMs)] : []),
    ...(backends.includes(backendNames.http) ? [awaitConnections(serviceNames.http, 80, servicesWithinMs)] : []),
  ]);
}
