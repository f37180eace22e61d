// Mistakes, and where the person who made them finds out: helm's answer, the control plane's log, /readyz and
// /config_dump, the client's own error.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { clientBootstrap } from '../src/bootstrap/client-bootstrap.ts';
import { podSpec } from '../src/environments/cluster/pod-template.ts';
import { outcomeOf } from '../test/support/outcome.ts';
import { images, withoutCluster } from './support/cluster.ts';
import { askAdmin, configDump } from './support/config-dump.ts';
import { echoBackends, installControlPlane, service } from './support/echo-stage.ts';
import { createNamespace, deleteNamespace, type Kubectl } from './support/namespace.ts';
import { kubectl as kubectlAnywhere } from './support/run.ts';
import { until } from './support/until.ts';

const skip = withoutCluster();
const patience = 300_000;

let here: string;
let elsewhere: string;
let kubectl: Kubectl;

before(async () => {
  if (skip !== false) return;
  ({ name: here, kubectl } = await createNamespace('ek-bad-input'));
  ({ name: elsewhere } = await createNamespace('ek-bad-input-elsewhere'));
  await installControlPlane(here, [here], '--set', 'replicas=1', '--set', 'kubernetes.events=true');
  const items = [...echoBackends(here, 1), ...echoBackends(elsewhere, 0)];
  await kubectlAnywhere(['apply', '-f', '-'], { input: JSON.stringify({ apiVersion: 'v1', kind: 'List', items }) });
});

after(async () => {
  for (const name of [here, elsewhere]) if (name !== undefined) await deleteNamespace(name);
});

const log = (): Promise<string> => kubectl(['logs', 'deployment/evenkeel', '--tail=-1']);

/** Lines of the control plane's log that have all of these. */
async function logged(...parts: readonly string[]): Promise<string> {
  return until(`the log has ${parts.join(', ')}`, async () => {
    const lines = (await log()).split('\n');
    return lines.find((line) => parts.every((part) => line.includes(part)));
  });
}

/** Name of the only copy of the control plane. */
async function copy(): Promise<string> {
  const selector = ['-l', 'app.kubernetes.io/name=evenkeel', '--field-selector=status.phase=Running'];
  const names = await kubectl(['get', 'pods', ...selector, '-o', 'jsonpath={.items[*].metadata.name}']);
  return names.split(' ')[0]!;
}

/** What a client in a pod prints that calls this target. */
async function called(name: string, target: string): Promise<string> {
  const bootstrap = clientBootstrap({ server: `dns:///evenkeel-xds.${here}:18000`, namespace: here, nodeId: name });
  const spec = podSpec(
    { image: images.evenkeel, pullPolicy: 'IfNotPresent' },
    {
      args: ['probe', target, '--calls', '3'],
      env: { GRPC_XDS_BOOTSTRAP_CONFIG: JSON.stringify(bootstrap) },
    },
  );
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec: { ...spec, restartPolicy: 'Never' } };
  await kubectl(['apply', '-f', '-'], JSON.stringify(pod));
  return until(`${name} has ended`, async () => {
    const phase = await kubectl(['get', 'pod', name, '-o', 'jsonpath={.status.phase}']);
    return phase === 'Succeeded' || phase === 'Failed' ? kubectl(['logs', name]) : undefined;
  });
}

test('an annotation with a key or a value that is none', { skip, timeout: patience }, async () => {
  const wrong = ['evenkeel.dev/healthCheck=always', 'evenkeel.dev/health-check=grpc'];
  await kubectl(['annotate', 'service', service, ...wrong]);
  await logged('evenkeel.dev/healthCheck is \\"always\\" and must be grpc, tcp or none', service);
  const { services } = await configDump(kubectl, await copy());
  const { problems = [] } = services.find(({ name }) => name === service)!;
  assert.ok(
    problems.some((text) => text.includes('evenkeel.dev/healthCheck is "always" and must be grpc, tcp or none')),
    problems.join('\n'),
  );
  assert.ok(
    problems.some((text) => text.includes('evenkeel.dev/health-check is unknown; known are healthCheck, ')),
    problems.join('\n'),
  );
  const events = ['get', 'events', '--field-selector', `involvedObject.kind=Service,involvedObject.name=${service}`];
  await until('kubectl describe says so too', async () => {
    const lines = (
      await kubectl([...events, '-o', 'jsonpath={range .items[*]}{.type} {.reason} {.message}{"\\n"}{end}'])
    ).split('\n');
    return wrong.every((annotation) =>
      lines.some((line) => line.startsWith('Warning AnnotationRefused ') && line.includes(annotation.split('=')[0]!)),
    )
      ? true
      : undefined;
  });
  await kubectl(['annotate', 'service', service, 'evenkeel.dev/healthCheck-', 'evenkeel.dev/health-check-']);
  await until('nothing is wrong any more', async () => {
    const { services: now } = await configDump(kubectl, await copy());
    return now.find(({ name }) => name === service)?.problems === undefined ? true : undefined;
  });
});

for (const [what, target, reason] of [
  ['a Service that does not exist', () => `ordres.${here}`, /^there is no Service \S+\/ordres$/],
  ['a Service of a namespace that is not served', () => `${service}.${elsewhere}`, /namespace/],
] as const) {
  test(`a client asks for ${what}`, { skip, timeout: patience }, async (t) => {
    const name = `client-${target().split('.')[0]}`;
    t.diagnostic(await called(name, `xds:///${target()}`));
    t.diagnostic(await logged('EK_NOT_SERVED', target(), name));
    const { target: answer } = await configDump(kubectl, await copy(), `?target=${target()}&namespace=${here}`);
    assert.equal(answer?.served, false);
    assert.match(answer.reason!, reason);
  });
}

test('rights are missing', { skip, timeout: patience }, async (t) => {
  const roleName = `${here}.evenkeel`;
  const role = JSON.parse(await kubectl(['get', 'role', roleName, '-o', 'json']));
  const withRules = (rules: unknown): Promise<string> =>
    kubectl(['patch', 'role', roleName, '--type=merge', '--patch', JSON.stringify({ rules })]);
  const before = await copy();
  await withRules(role.rules.filter(({ resources }: { resources: string[] }) => !resources.includes('endpointslices')));
  // What it was allowed it goes on watching for a while; a new copy is not allowed to begin.
  await kubectl(['delete', 'pod', before]);
  const line = await logged('EK_KUBE_FORBIDDEN', 'endpointslices');
  t.diagnostic(line);
  assert.match(line, /forbids to list endpointslices\.discovery\.k8s\.io in namespace/);
  const ready = await until('/readyz says why', async () => {
    const answer = await askAdmin(kubectl, await copy(), '/readyz');
    return answer.includes('endpointslices') ? answer : undefined;
  });
  t.diagnostic(ready.trim());
  assert.match(ready, /forbids to list endpointslices\.discovery\.k8s\.io/);
  await withRules(role.rules);
  await kubectl(['rollout', 'status', 'deployment/evenkeel', '--timeout=120s']);
});

test('a chart value of the wrong type is refused before anything changes', { skip, timeout: patience }, async () => {
  const helm = (...args: readonly string[]) => outcomeOf('helm', [...args, '--namespace', here]);
  const before = await helm('history', 'evenkeel', '-o', 'json');
  const { code, stderr } = await helm('upgrade', 'evenkeel', 'deploy/chart/evenkeel', '--set', 'replicas=two');
  assert.notEqual(code, 0);
  assert.match(stderr, /at '\/replicas': got string, want integer/);
  assert.equal((await helm('history', 'evenkeel', '-o', 'json')).stdout, before.stdout);
});
