import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startControlPlane } from '../explain/testing/control-plane.ts';

const plugin = fileURLToPath(new URL('./kubectl.ts', import.meta.url));

/** Runs the plugin with a kubectl that knows these pods, whose admin servers are on this host already. */
function run(t: TestContext, admins: readonly string[], ...args: string[]) {
  const pods = admins.map((_admin, index) => ({ metadata: { name: `evenkeel-${index}`, namespace: 'evenkeel' } }));
  return runWith(t, { items: pods }, admins, args);
}

/** @param list - what kubectl prints as the list of pods */
async function runWith(t: TestContext, list: object, admins: readonly string[], args: readonly string[]) {
  const folder = await mkdtemp(join(tmpdir(), 'evenkeel-kubectl-'));
  t.after(() => rm(folder, { recursive: true }));
  const kubectl = join(folder, 'kubectl');
  await writeFile(
    kubectl,
    `#!${process.execPath}
const args = process.argv.slice(2);
if (args[0] === 'get') console.log(${JSON.stringify(JSON.stringify(list))});
else {
  const admins = ${JSON.stringify(admins)};
  console.log('Forwarding from ' + admins[Number(args.find((one) => one.startsWith('pod/')).at(-1))] + ' -> 18001');
  setInterval(() => {}, 1_000);
}
`,
  );
  await chmod(kubectl, 0o755);
  return new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
    const env = { PATH: `${folder}:${process.env.PATH}` };
    execFile(process.execPath, [plugin, ...args], { env }, (error, stdout, stderr) =>
      resolve({ code: Number(error?.code ?? 0), stdout, stderr }),
    );
  });
}

test('kubectl evenkeel asks every replica', async (t) => {
  const [one, other] = [await startControlPlane(t), await startControlPlane(t)];
  for (const { tell } of [one, other]) tell.synced();
  const { code, stdout, stderr } = await run(t, [one.admin, other.admin], '--context', 'c', 'status', '--json');
  assert.equal(code, 0, stderr);
  const { replicas } = JSON.parse(stdout) as { replicas: { admin: string }[] };
  assert.deepEqual(
    replicas.map(({ admin }) => admin),
    [one.admin, other.admin],
  );
});

test('what it cannot do it says', async (t) => {
  const none = await run(t, [], '-n', 'evenkeel', 'status');
  assert.equal(none.code, 3);
  assert.match(none.stderr, /EK_ADMIN_UNREACHABLE: no pod of evenkeel runs there/);
  const wrong = await run(t, [], 'serve');
  assert.equal(wrong.code, 2);
  assert.match(wrong.stderr, /EK_USAGE: "serve" is not a command of kubectl evenkeel/);
  const help = await run(t, [], '--help');
  assert.match(help.stdout, /^Usage: kubectl evenkeel/);
  for (const line of help.stdout.split('\n')) assert.ok(line.length <= 80, line);
});

test('a list that is none is refused, and where', async (t) => {
  const pod = { metadata: { name: 'evenkeel-0', namespace: 'evenkeel' } };
  const port = { name: 'http-admin', containerPort: '18001; reboot' };
  for (const [list, where] of [
    [{ kind: 'Status' }, 'items: '],
    [{ items: [{ metadata: { name: 'evenkeel-0' } }] }, 'items.0.metadata.namespace: '],
    [
      { items: [{ ...pod, spec: { containers: [{ ports: [port] }] } }] },
      'items.0.spec.containers.0.ports.0.containerPort: ',
    ],
  ] as const) {
    const { code, stderr } = await runWith(t, list, [], ['status']);
    assert.equal(code, 3, stderr);
    assert.match(stderr, /^error EK_ADMIN_UNREACHABLE: what kubectl get pods prints is no list of pods/m);
    assert.ok(stderr.includes(where), stderr);
  }
});
