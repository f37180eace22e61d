import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { EvenkeelError } from '../../base/errors.ts';
import { findKubeAccess } from './kube-access.ts';

async function folder(t: TestContext, files: Readonly<Record<string, string>> = {}): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'evenkeel-kube-'));
  t.after(() => rm(path, { recursive: true }));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(join(path, name, '..'), { recursive: true });
    await writeFile(join(path, name), text);
  }
  return path;
}

function kubeconfig(name: string, server: string): string {
  return JSON.stringify({
    'current-context': name,
    clusters: [{ name, cluster: { server } }],
    users: [{ name, user: { token: `token-of-${name}` } }],
    contexts: [{ name, context: { cluster: name, user: name } }],
  });
}

const nowhere = '/nonexistent';

test('a named kubeconfig goes before everything else', async (t) => {
  const path = await folder(t, {
    one: kubeconfig('one', 'https://10.0.0.1:6443/'),
    two: kubeconfig('two', 'https://10.0.0.2:6443'),
    token: 'secret',
  });
  const env = { KUBECONFIG: join(path, 'two'), KUBERNETES_SERVICE_HOST: '10.96.0.1', HOME: path };
  const named = await findKubeAccess({ kubeconfig: join(path, 'one'), env, serviceAccount: path });
  assert.equal(named.server, 'https://10.0.0.1:6443');
  assert.equal((await named.requestOptions()).headers.Authorization, 'Bearer token-of-one');
  assert.equal((await findKubeAccess({ env, serviceAccount: path })).server, 'https://10.0.0.2:6443');
});

test('several kubeconfigs are one, and a context is chosen by name', async (t) => {
  const path = await folder(t, {
    one: kubeconfig('one', 'https://10.0.0.1'),
    two: kubeconfig('two', 'https://10.0.0.2'),
  });
  const env = { KUBECONFIG: `${join(path, 'one')}:${join(path, 'two')}` };
  assert.equal((await findKubeAccess({ env, serviceAccount: nowhere })).server, 'https://10.0.0.1');
  assert.equal((await findKubeAccess({ env, context: 'two', serviceAccount: nowhere })).server, 'https://10.0.0.2');
});

test('a pod uses its service account, whose token is read anew each time', async (t) => {
  const path = await folder(t, { token: 'first\n', 'ca.crt': 'PEM' });
  const env = { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '443', HOME: nowhere };
  const access = await findKubeAccess({ env, serviceAccount: path });
  assert.deepEqual([access.server, access.origin], ['https://[fd00::1]:443', 'in-cluster']);
  assert.deepEqual(await access.requestOptions(), { headers: { authorization: 'Bearer first' }, ca: 'PEM' });
  await writeFile(join(path, 'token'), 'second');
  assert.equal((await access.requestOptions()).headers.authorization, 'Bearer second');
  await rm(join(path, 'ca.crt'));
  await assert.rejects(access.requestOptions(), { code: 'EK_KUBE_CONFIG' });
});

test('elsewhere it is the kubeconfig in the home folder', async (t) => {
  const home = await folder(t, { '.kube/config': kubeconfig('home', 'https://10.0.0.3') });
  assert.equal((await findKubeAccess({ env: { HOME: home }, serviceAccount: nowhere })).server, 'https://10.0.0.3');
});

for (const [what, text, message] of [
  ['no YAML', '{', /cannot be read/],
  ['no context', '{}', /cannot be read|no current context/],
  ['a context that leads nowhere', '{"current-context": "x", "contexts": []}', /"x" does not exist/],
] as const) {
  test(`a kubeconfig with ${what} is refused and named`, async (t) => {
    const path = await folder(t, { config: text });
    const file = join(path, 'config');
    await assert.rejects(findKubeAccess({ kubeconfig: file, env: {} }), (error: unknown) => {
      assert.ok(error instanceof EvenkeelError, String(error));
      assert.equal(error.code, 'EK_KUBE_CONFIG');
      assert.match(error.message, message);
      assert.equal(error.location.file, file);
      return true;
    });
  });
}

test('where nothing names an API server, that is the error', async () => {
  const looking = findKubeAccess({ env: { HOME: nowhere, KUBECONFIG: '' }, serviceAccount: nowhere });
  await assert.rejects(looking, { code: 'EK_KUBE_CONFIG', message: /no Kubernetes API server was found/ });
});
