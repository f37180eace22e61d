// evenkeel prove against the cluster of the current kubeconfig.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { reportSchema } from '../src/probe/index.ts';
import { outcomeOf } from '../test/support/outcome.ts';
import { images, withoutCluster } from './support/cluster.ts';
import { installControlPlane } from './support/echo-stage.ts';
import { createNamespace, deleteNamespace } from './support/namespace.ts';
import { evenkeel, kubectl } from './support/run.ts';
import { until } from './support/until.ts';

const skip = withoutCluster();
const folder = mkdtempSync(join(tmpdir(), 'evenkeel-prove-'));
after(() => rmSync(folder, { recursive: true }));

const made = ['--image', images.evenkeel, '--image-pull-policy', 'IfNotPresent'];
const prefix = (name: string): string => `ek-test-${name}`;

async function namespacesOf(name: string): Promise<string[]> {
  const printed = await kubectl(['get', 'namespaces', '-l', 'evenkeel.dev/prove=true', '-o', 'name']);
  return printed.split('\n').filter((line) => line.startsWith(`namespace/${prefix(name)}-`));
}

test('measures every scheme of the table, and leaves nothing behind', { skip, timeout: 900_000 }, async (t) => {
  const file = join(folder, 'report.json');
  const envoy = images.envoy === undefined ? [] : ['--envoy-image', images.envoy];
  // A machine that starts pods answers late; that is not what is asked here.
  const where = ['--namespace-prefix', prefix('all'), '--deadline', '10000'];
  const { code, stdout, stderr } = await evenkeel(['prove', ...made, ...envoy, ...where, '--report', file]);
  t.diagnostic(stdout);
  assert.equal(code, 0, `${stdout}\n${stderr}`);

  const report = reportSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  assert.equal(report.conditions.environment, 'kubernetes');
  const verdicts = Object.fromEntries(
    report.schemes.map((row) => [row.scheme, row.status === 'ok' ? row.verdict : row.status]),
  );
  assert.deepEqual(verdicts, {
    'clusterip-http-new-connections': 'balanced',
    'clusterip-http-keepalive': 'pinned',
    'clusterip-grpc': 'pinned',
    'headless-pick-first': 'pinned',
    'headless-round-robin': 'balanced',
    'headless-round-robin-max-age': 'balanced',
    'l7-envoy': images.envoy === undefined ? 'skipped' : 'balanced',
    'xds-dns': 'balanced',
    xds: 'balanced',
  });
  const followed = Object.fromEntries(
    report.scaleOut.map((row) => [row.scheme, row.status === 'ok' && row.convergedMs !== null]),
  );
  assert.equal(followed['headless-round-robin'], false, 'nothing tells this client of new pods');
  for (const scheme of ['headless-round-robin-max-age', 'xds-dns', 'xds']) assert.equal(followed[scheme], true, scheme);
  for (const row of [...report.scaleOut, ...report.scaleIn]) {
    if (row.scheme !== 'xds' || row.status !== 'ok') continue;
    assert.deepEqual(row.failures, {}, 'xds:/// lost calls while pods came and went');
  }
  assert.deepEqual(await namespacesOf('all'), []);
});

test('5 → 10 pods: who follows, and how soon', { skip, timeout: 600_000 }, async (t) => {
  const schemes = ['--schemes', 'headless-round-robin,headless-round-robin-max-age,xds', '--calls', '100'];
  const size = ['--replicas', '5', '--scale-to', '10', '--deadline', '10000', '--namespace-prefix', prefix('scale')];
  const { code, stdout, stderr } = await evenkeel(['prove', ...made, ...schemes, ...size, '--json']);
  assert.equal(code, 0, stderr);
  const report = reportSchema.parse(JSON.parse(stdout));
  const added = (scheme: string) => {
    const row = report.scaleOut.find((one) => one.scheme === scheme);
    assert.ok(row?.status === 'ok', `${scheme}: ${JSON.stringify(row)}`);
    assert.equal(row.added.length, 5);
    return row.added;
  };
  for (const { pod, firstAnswerAtMs } of added('headless-round-robin')) assert.equal(firstAnswerAtMs, null, pod);
  for (const { pod, firstAnswerAtMs } of added('headless-round-robin-max-age'))
    assert.ok(firstAnswerAtMs !== null, pod);
  const delays = added('xds').map(({ pod, readyAtMs, firstAnswerAtMs }) => {
    assert.ok(firstAnswerAtMs !== null, pod);
    return Math.round(firstAnswerAtMs - readyAtMs);
  });
  t.diagnostic(`xds: first answer so many ms after readiness: ${delays.join(', ')}`);
  // One of five may fall into a moment in which a busy machine does not let the client run.
  assert.ok(delays.toSorted((a, b) => a - b)[3]! < 1000, delays.join(', '));
});

test('an image that no node has ends it early, with the pod and the reason', { skip, timeout: 300_000 }, async () => {
  const args = ['--image', 'evenkeel-nobody-has-this:1', '--image-pull-policy', 'Never', '--schemes', 'clusterip-grpc'];
  const { code, stderr } = await evenkeel(['prove', ...args, '--namespace-prefix', prefix('image')]);
  assert.equal(code, 2, stderr);
  assert.match(stderr, /EK_PROVE_IMAGE: \S+ cannot get the image evenkeel-nobody-has-this:1: ErrImageNeverPull/);
  assert.match(stderr, /at field --image/);
  assert.deepEqual(await namespacesOf('image'), []);
});

test('Ctrl-C hands over what was measured and cleans up', { skip, timeout: 300_000 }, async () => {
  const args = ['--schemes', 'clusterip-grpc,headless-pick-first,headless-round-robin', '--calls', '100000', '--json'];
  const { code, stdout, stderr } = await evenkeel(
    ['prove', ...made, ...args, '--namespace-prefix', prefix('interrupt')],
    { stopOn: /calling: clusterip-grpc/ },
  );
  assert.equal(code, 3, stderr);
  const report = reportSchema.parse(JSON.parse(stdout));
  assert.equal(report.interrupted, true);
  assert.deepEqual(
    report.schemes.map(({ status }) => status),
    ['skipped', 'skipped', 'skipped'],
  );
  // Whoever pressed Ctrl-C does not wait for it: the namespace is on its way out, and then gone.
  await until(
    'the namespace is gone',
    () => namespacesOf('interrupt'),
    (names) => names.length === 0,
  );
});

test('a user without the rights is told which are missing', { skip, timeout: 120_000 }, async (t) => {
  const namespace = `${prefix('rights')}-user`;
  await kubectl(['create', 'namespace', namespace]);
  t.after(() => kubectl(['delete', 'namespace', namespace, '--wait=false']));
  await kubectl(['-n', namespace, 'create', 'serviceaccount', 'somebody']);
  const token = (await kubectl(['-n', namespace, 'create', 'token', 'somebody'])).trim();
  const config = JSON.parse(await kubectl(['config', 'view', '--raw', '--minify', '-o', 'json'])) as {
    users: { user: unknown }[];
  };
  config.users[0]!.user = { token };
  const kubeconfig = join(folder, 'somebody.json');
  writeFileSync(kubeconfig, JSON.stringify(config), { mode: 0o600 });
  const { code, stderr } = await evenkeel(['prove', ...made], { env: { KUBECONFIG: kubeconfig } });
  assert.equal(code, 2, stderr);
  assert.match(stderr, /EK_KUBE_FORBIDDEN: the user of context \S+ may not create namespaces, /);
  for (const right of ['create deployments.apps', 'get pods/log', 'create jobs.batch', 'patch deployments.apps']) {
    assert.ok(stderr.includes(right), `${right}: ${stderr}`);
  }
});

test('what was kept is deleted by --clean, and nothing that runs', { skip, timeout: 300_000 }, async () => {
  const where = ['--namespace-prefix', prefix('kept')];
  const args = ['--schemes', 'clusterip-grpc', '--calls', '20', '--scale-to', '3', '--keep'];
  const { code, stdout, stderr } = await evenkeel(['prove', ...made, ...args, ...where]);
  assert.equal(code, 0, `${stdout}\n${stderr}`);
  const [kept] = await namespacesOf('kept');
  assert.ok(kept !== undefined, 'the namespace is there');
  const cleaned = await evenkeel(['prove', '--clean', '--json']);
  assert.equal(cleaned.code, 0, cleaned.stderr);
  const { deleted } = JSON.parse(cleaned.stdout) as { deleted: string[] };
  assert.ok(deleted.includes(kept.replace('namespace/', '')), cleaned.stdout);
  assert.deepEqual(await namespacesOf('kept'), []);
});

test('killed outright: the cluster ends what runs, the next run tells of it, --clean deletes the rest', {
  skip,
  timeout: 400_000,
}, async (t) => {
  const args = ['--schemes', 'clusterip-grpc', '--calls', '100000', '--namespace-prefix', prefix('killed')];
  const killed = await evenkeel(['prove', ...made, ...args], {
    stopOn: /calling: clusterip-grpc/,
    stopWith: 'SIGKILL',
  });
  assert.equal(killed.code, null);
  const [left] = await namespacesOf('killed');
  const namespace = left!.replace('namespace/', '');
  t.after(() => kubectl(['delete', 'namespace', namespace, '--ignore-not-found', '--wait=false']));
  const runs = ['get', 'deployments,services', '-n', namespace, '-o'];
  const { items } = JSON.parse(await kubectl([...runs, 'json']));
  const owners = items.map(({ metadata }: { metadata: { ownerReferences?: { kind: string }[] } }) =>
    metadata.ownerReferences?.map(({ kind }) => kind).join(),
  );
  assert.ok(owners.length > 0 && owners.every((kind: unknown) => kind === 'Job'), owners.join());

  const whileItRuns = await evenkeel(['prove', '--clean']);
  const toEnd = `still running, left alone: ${namespace} (to end it: kubectl delete namespace ${namespace})`;
  assert.ok(whileItRuns.stdout.includes(toEnd), whileItRuns.stdout);
  const next = await evenkeel([
    ...['prove', '--image', 'evenkeel-nobody-has-this:1', '--image-pull-policy', 'Never'],
    ...['--schemes', 'clusterip-grpc', '--namespace-prefix', prefix('next')],
  ]);
  assert.ok(next.stderr.includes(`another proof runs in ${namespace}`), next.stderr);

  // What the cluster itself does once the Job has ended (ttlSecondsAfterFinished).
  await kubectl(['delete', 'job', 'prove', '-n', namespace]);
  await until('nothing runs any more', async () => ((await kubectl([...runs, 'name'])) === '' ? true : undefined));
  await until('--clean deletes the namespace', async () => {
    const { stdout } = await evenkeel(['prove', '--clean', '--json']);
    return (JSON.parse(stdout) as { deleted: string[] }).deleted.includes(namespace) ? true : undefined;
  });
  assert.deepEqual(await namespacesOf('killed'), []);
});

test('the scheme xds through a control plane that is installed', { skip, timeout: 400_000 }, async (t) => {
  const { name: namespace } = await createNamespace('ek-test-installed');
  t.after(async () => {
    await outcomeOf('helm', ['uninstall', 'evenkeel', '--namespace', namespace]);
    await deleteNamespace(namespace);
  });
  await installControlPlane(namespace, []);
  const where = ['--control-plane', `evenkeel-xds.${namespace}:18000`, '--namespace-prefix', prefix('installed')];
  const args = ['--schemes', 'xds', '--deadline', '10000', '--json'];
  const { code, stdout, stderr } = await evenkeel(['prove', ...made, ...where, ...args]);
  assert.equal(code, 0, stderr);
  const report = reportSchema.parse(JSON.parse(stdout));
  const [scheme] = report.schemes;
  assert.ok(scheme?.status === 'ok' && scheme.verdict === 'balanced', JSON.stringify(scheme));
  for (const row of [...report.scaleOut, ...report.scaleIn]) {
    assert.ok(row.status === 'ok' && row.convergedMs !== null, JSON.stringify(row));
    assert.deepEqual(row.failures, {});
  }
});
