import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { EvenkeelError } from '../../base/errors.ts';
import { findKubeAccess } from './kube-access.ts';
import type { KubeAccess } from './kube-request.ts';

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

test('of several kubeconfigs the first that says something holds, and one that is not there says nothing', async (t) => {
  const path = await folder(t, {
    one: kubeconfig('same', 'https://10.0.0.1'),
    two: kubeconfig('same', 'https://10.0.0.2'),
  });
  const env = { KUBECONFIG: ['none', 'one', 'two'].map((name) => join(path, name)).join(':') };
  const access = await findKubeAccess({ env, serviceAccount: nowhere });
  assert.equal(access.server, 'https://10.0.0.1');
  const looking = findKubeAccess({ env: { KUBECONFIG: join(path, 'none') }, serviceAccount: nowhere });
  await assert.rejects(looking, { code: 'EK_KUBE_CONFIG', message: /there is no such file/ });
});

test('an entry that nobody uses is no mistake, a context may name no user, and a server no scheme', async (t) => {
  const path = await folder(t, {
    config: JSON.stringify({
      'current-context': 'proxy',
      clusters: [{ name: 'proxy', cluster: { server: 'localhost:8001' } }, { name: 'unset', cluster: {} }, {}],
      users: [{ user: { token: 'x' } }],
      contexts: [
        { name: 'proxy', context: { cluster: 'proxy', user: '' } },
        { name: 'unset', context: {} },
      ],
    }),
  });
  const access = await findKubeAccess({ kubeconfig: join(path, 'config'), env: {} });
  assert.equal(access.server, 'http://localhost:8001');
  assert.deepEqual((await access.requestOptions()).headers, {});
  const unset = findKubeAccess({ kubeconfig: join(path, 'config'), context: 'unset', env: {} });
  await assert.rejects(unset, { code: 'EK_KUBE_CONFIG', message: /"unset" does not exist/ });
});

/** A kubeconfig whose only user has these credentials. */
function kubeconfigOf(user: object, cluster: object = {}): string {
  return JSON.stringify({
    'current-context': 'it',
    clusters: [{ name: 'it', cluster: { server: 'https://10.0.0.1', ...cluster } }],
    users: [{ name: 'it', user }],
    contexts: [{ name: 'it', context: { cluster: 'it', user: 'it' } }],
  });
}

async function authorization(access: KubeAccess): Promise<string | undefined> {
  return (await access.requestOptions()).headers.Authorization;
}

test('a token file is beside its kubeconfig, goes before a token, and is read anew each time', async (t) => {
  const path = await folder(t, { config: kubeconfigOf({ tokenFile: 'token', token: 'old' }), token: 'first\n' });
  const access = await findKubeAccess({ kubeconfig: join(path, 'config'), env: {} });
  assert.equal(await authorization(access), 'Bearer first');
  await writeFile(join(path, 'token'), 'second');
  assert.equal(await authorization(access), 'Bearer second');
  await rm(join(path, 'token'));
  assert.equal(await authorization(access), 'Bearer second', 'it is being replaced');
});

/** A kubeconfig with a command, whose script this is. */
async function commandAccess(t: TestContext, script: string, exec: object = {}, cluster: object = {}) {
  const command = { apiVersion: 'client.authentication.k8s.io/v1', command: './bin/plugin', env: null, ...exec };
  const path = await folder(t, {
    config: kubeconfigOf({ exec: command }, cluster),
    'bin/plugin': `#!/bin/sh\n${script}`,
  });
  await chmod(join(path, 'bin/plugin'), 0o755);
  return { path, access: await findKubeAccess({ kubeconfig: join(path, 'config'), env: {} }) };
}

test('a command is told why it is run, has nothing to read, and is kept until it is refused', async (t) => {
  const { path, access } = await commandAccess(
    t,
    `cd "$(dirname "$0")"; read nothing
     echo "$KUBERNETES_EXEC_INFO" > info; echo run >> runs
     echo "{\\"status\\": {\\"token\\": \\"$NAME-$(wc -l < runs | tr -d ' ')\\"}}"`,
    { provideClusterInfo: true, env: [{ name: 'NAME', value: 'token' }] },
    { 'certificate-authority-data': 'UEVN', 'tls-server-name': 'api.example' },
  );
  const both = await Promise.all([authorization(access), authorization(access)]);
  assert.deepEqual(both, ['Bearer token-1', 'Bearer token-1']);
  assert.deepEqual(JSON.parse(await readFile(join(path, 'bin/info'), 'utf8')), {
    apiVersion: 'client.authentication.k8s.io/v1',
    kind: 'ExecCredential',
    spec: {
      interactive: false,
      cluster: {
        server: 'https://10.0.0.1',
        'tls-server-name': 'api.example',
        'certificate-authority-data': 'UEVN',
      },
    },
  });
  access.refused?.();
  assert.equal(await authorization(access), 'Bearer token-2');
  assert.equal(await authorization(access), 'Bearer token-2');
});

test('what a command prints is used until it expires', async (t) => {
  const { access } = await commandAccess(
    t,
    `cd "$(dirname "$0")"; echo run >> runs
     echo "{\\"status\\": {\\"token\\": \\"$(wc -l < runs | tr -d ' ')\\", \\"expirationTimestamp\\": \\"2001-01-01T00:00:00Z\\"}}"`,
  );
  assert.equal(await authorization(access), 'Bearer 1');
  assert.equal(await authorization(access), 'Bearer 2');
});

for (const [what, script, exec, message] of [
  ['that fails', 'echo "log in first" >&2; exit 3', {}, /user "it" failed \(3\): log in first/],
  ['that prints something else', 'echo secret', {}, /^(?!.*secret).*printed no ExecCredential/],
  ['that prints no credentials', 'echo "{}"', {}, /printed no ExecCredential/],
  ['that is not there', '', { command: 'no-such-plugin', installHint: 'Install it.' }, /is not there/],
] as const) {
  test(`a command ${what} is named`, async (t) => {
    const { access } = await commandAccess(t, script, exec);
    await assert.rejects(access.requestOptions(), (error: unknown) => {
      assert.ok(error instanceof EvenkeelError, String(error));
      assert.equal(error.code, 'EK_KUBE_CONFIG');
      assert.match(error.message, message);
      if ('installHint' in exec) assert.equal(error.hint, exec.installHint);
      return true;
    });
  });
}

test('a pod whose API server is another one is told so by the variables that client-go reads', async (t) => {
  const path = await folder(t, { token: 'x', 'ca.crt': 'PEM' });
  const env = {
    KUBERNETES_SERVICE_HOST: 'api.internal',
    KUBERNETES_SERVICE_PORT: '6443',
    KUBERNETES_SERVICE_PORT_HTTPS: '443',
  };
  assert.equal((await findKubeAccess({ env, serviceAccount: path })).server, 'https://api.internal:6443');
  const unset = { ...env, KUBERNETES_SERVICE_PORT: '' };
  assert.equal((await findKubeAccess({ env: unset, serviceAccount: path })).server, 'https://api.internal:443');
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
