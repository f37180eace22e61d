// API servers behind a proxy, with real TLS: what client-go and kubectl reach is reached.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { TestAuthority } from '../../controlplane/testing/certificates.ts';
import { connect } from '../../environments/cluster/connect.ts';
import { ApiClient } from './api-client.ts';
import { findKubeAccess } from './kube-access.ts';
import { ConnectProxy } from './testing/connect-proxy.ts';
import { SocksProxy } from './testing/socks-proxy.ts';

const target = { verb: 'list', resource: 'services', group: '' } as const;

/** An API server that is called `kube.internal`, behind a proxy, and a kubeconfig for it. */
async function start(t: TestContext, cluster: object = {}, address = 'https://kube.example:6443') {
  const authority = new TestAuthority();
  const server = createServer(authority.issue({ dns: ['kube.internal'] }), (_request, response) => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ gitVersion: 'v1.34.2', items: [] }));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const proxy = await ConnectProxy.start(port);
  const folder = await mkdtemp(join(tmpdir(), 'evenkeel-proxy-'));
  t.after(async () => {
    await proxy.stop();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await rm(folder, { recursive: true });
  });
  const ca = Buffer.from(authority.cert).toString('base64');
  const file = join(folder, 'config');
  const write = (more: object) => {
    const told = { server: address, 'tls-server-name': 'kube.internal', 'certificate-authority-data': ca, ...more };
    const config = {
      'current-context': 'c',
      clusters: [{ name: 'c', cluster: told }],
      users: [{ name: 'u', user: { token: 'secret' } }],
      contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
    };
    return writeFile(file, JSON.stringify(config));
  };
  await write(cluster);
  const list = async (env: NodeJS.ProcessEnv) => {
    const access = await findKubeAccess({ kubeconfig: file, env });
    return new ApiClient(access).json('/api/v1/services', target, AbortSignal.timeout(30_000));
  };
  return { proxy, port, file, write, list, authority };
}

test('the proxy of the environment leads there, and credentials in its URL are sent', async (t) => {
  const { proxy, list } = await start(t);
  assert.deepEqual(await list({ HTTPS_PROXY: `http://user:p%40ss@${proxy.host}` }), {
    gitVersion: 'v1.34.2',
    items: [],
  });
  assert.deepEqual(proxy.asked, ['kube.example:6443']);
  assert.equal(proxy.authorization, `Basic ${Buffer.from('user:p@ss').toString('base64')}`);
});

test('so does proxy-url of the kubeconfig', async (t) => {
  const { proxy, write, list } = await start(t);
  await write({ 'proxy-url': `http://${proxy.host}` });
  await list({ HTTPS_PROXY: 'http://127.0.0.1:1', NO_PROXY: '*' });
  assert.deepEqual(proxy.asked, ['kube.example:6443']);
});

for (const user of ['', 'user:p%40ss@']) {
  test(`a SOCKS 5 proxy ${user === '' ? 'without' : 'with'} a user leads there, and resolves the name`, async (t) => {
    const { proxy: unused, port, write, list } = await start(t);
    const socks = await SocksProxy.start(port);
    t.after(() => socks.stop());
    await list({ ALL_PROXY: `socks5://${user}${socks.host}`, HTTPS_PROXY: `socks5://${user}${socks.host}` });
    await write({ 'proxy-url': `socks5://${user}${socks.host}` });
    await list({});
    assert.deepEqual(socks.asked, ['kube.example:6443', 'kube.example:6443']);
    assert.equal(socks.user, user === '' ? undefined : 'user:p@ss');
    assert.deepEqual(unused.asked, []);
  });
}

test('a SOCKS proxy that is not there is named without its credentials', async (t) => {
  const { port, list } = await start(t);
  const socks = await SocksProxy.start(port);
  const { host } = socks;
  await socks.stop();
  await assert.rejects(list({ HTTPS_PROXY: `socks5://user:secret@${host}` }), {
    ...{ code: 'EK_KUBE_UNREACHABLE', message: /the proxy socks5h?:\/\/127[^@]* .*ECONNREFUSED/ },
  });
});

test('a proxy that is itself reached by TLS leads there; one of another authority is refused', async (t) => {
  const { port, write, list, authority } = await start(t);
  const trusted = await ConnectProxy.start(port, authority.issue({ ips: ['127.0.0.1'] }));
  const stranger = await ConnectProxy.start(port, new TestAuthority('another').issue({ ips: ['127.0.0.1'] }));
  t.after(() => Promise.all([trusted.stop(), stranger.stop()]));
  await list({ HTTPS_PROXY: `https://user:p%40ss@${trusted.host}` });
  await write({ 'proxy-url': `https://${trusted.host}` });
  await list({});
  assert.deepEqual(trusted.asked, ['kube.example:6443', 'kube.example:6443']);
  await write({ 'proxy-url': `https://${stranger.host}` });
  await assert.rejects(list({}), { code: 'EK_KUBE_UNREACHABLE', message: /the proxy https:/ });
  assert.deepEqual(stranger.asked, []);
});

test('what NO_PROXY names is reached directly, by its tls-server-name', async (t) => {
  const { proxy, port, write, list } = await start(t);
  await write({ server: `https://127.0.0.2:${port}` });
  await assert.rejects(list({ HTTPS_PROXY: `http://${proxy.host}` }), /127\.0\.0\.2.*ECONNREFUSED/);
  await write({ server: `https://127.0.0.1:${port}` });
  await list({ HTTPS_PROXY: `http://${proxy.host}` });
  assert.deepEqual(proxy.asked, []);
});

test('an API server with another name than the one it has to have is refused behind a proxy too', async (t) => {
  const { proxy, write, list } = await start(t);
  await write({ 'tls-server-name': 'other.internal' });
  await assert.rejects(list({ HTTPS_PROXY: `http://${proxy.host}` }), { code: 'EK_KUBE_UNREACHABLE' });
});

test('a proxy that refuses, or that is not there, is named without its credentials', async (t) => {
  const { proxy, list } = await start(t);
  proxy.status = 407;
  const unreachable = { code: 'EK_KUBE_UNREACHABLE' };
  const refused = list({ HTTPS_PROXY: `http://user:secret@${proxy.host}` });
  await assert.rejects(refused, {
    ...unreachable,
    message: /behind the proxy http:\/\/127[^@]* cannot .*answered 407/,
  });
  const { host } = proxy;
  await proxy.stop();
  await assert.rejects(list({ HTTPS_PROXY: host }), { ...unreachable, message: /the proxy http:\S+ .*ECONNREFUSED/ });
});

test('of a request that is given up no connection to the proxy is left', async (t) => {
  const { proxy, file } = await start(t);
  proxy.status = 0;
  const access = await findKubeAccess({ kubeconfig: file, env: { HTTPS_PROXY: proxy.host } });
  const given = new AbortController();
  const asked = new ApiClient(access).json('/api/v1/services', target, given.signal);
  while (proxy.asked.length === 0) await delay(5);
  given.abort(new Error('given up'));
  await assert.rejects(asked, /given up/);
  while (proxy.connections > 0) await delay(5);
});

test('a pod uses the proxy of its environment as well', async (t) => {
  const { proxy, file } = await start(t);
  const env = { KUBERNETES_SERVICE_HOST: '10.96.0.1', KUBERNETES_SERVICE_PORT: '443', HTTPS_PROXY: proxy.host };
  const folder = join(file, '..');
  await writeFile(join(folder, 'token'), 'secret');
  const of = async (more: object) => (await findKubeAccess({ env: { ...env, ...more }, serviceAccount: folder })).proxy;
  assert.equal((await of({}))?.host, proxy.host);
  assert.equal(await of({ NO_PROXY: '10.96.0.0/12' }), undefined);
});

test('prove goes the same way', async (t) => {
  const { proxy, file } = await start(t);
  const before = { ...process.env };
  t.after(() => {
    process.env = before;
  });
  process.env = { ...before, KUBECONFIG: file, HTTPS_PROXY: `http://${proxy.host}`, NO_PROXY: '' };
  assert.equal((await connect()).version, 'v1.34.2');
  assert.deepEqual(proxy.asked, ['kube.example:6443']);
});
