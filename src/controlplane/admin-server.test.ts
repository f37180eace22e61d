import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { EvenkeelError } from '../base/errors.ts';
import {
  type AdminSource,
  adminApp,
  adminUrl,
  type DumpQuery,
  type Readiness,
  startAdminServer,
} from './admin-server.ts';

let readiness: Readiness = { ready: false, reasons: ['source file has not been read yet'], degraded: [] };
const asked: DumpQuery[] = [];

const source: AdminSource = {
  readiness: () => readiness,
  metrics: async () => ({ contentType: 'text/plain; version=0.0.4', text: 'evenkeel_ready 0\n' }),
  configDump: (query) => {
    asked.push(query);
    return { services: [] };
  },
};

const admin = await startAdminServer({ host: '127.0.0.1', port: 0 }, source);
after(() => admin.close());
const get = (path: string, init?: RequestInit) => fetch(`${adminUrl(admin)}${path}`, init);

test('readyz is 503 with the reasons until ready', async () => {
  const waiting = await get('/readyz');
  assert.equal(waiting.status, 503);
  assert.deepEqual(await waiting.json(), readiness);
  readiness = { ready: true, reasons: [], degraded: ['source dns fails'] };
  const ready = await get('/readyz');
  assert.equal(ready.status, 200);
  assert.deepEqual(await ready.json(), readiness);
});

test('healthz, metrics and an unknown path', async () => {
  assert.equal((await get('/healthz')).status, 200);
  const metrics = await get('/metrics');
  assert.equal(metrics.headers.get('content-type'), 'text/plain; version=0.0.4');
  assert.equal(await metrics.text(), 'evenkeel_ready 0\n');
  const unknown = await get('/stats');
  assert.equal(unknown.status, 404);
  assert.match(await unknown.text(), /config_dump/);
});

test('the dump is bounded by default and by the one who asks', async () => {
  assert.equal((await get('/config_dump')).status, 200);
  assert.equal((await get('/config_dump?service=default%2Fbe1-srv&limit=5')).status, 200);
  assert.deepEqual(asked, [
    { namespace: 'default', limit: 1000 },
    { namespace: 'default', service: 'default/be1-srv', limit: 5 },
  ]);
  assert.equal((await get('/config_dump?limit=0')).status, 400);
  assert.equal((await get('/config_dump?limit=many')).status, 400);
});

test('nothing can be written', async () => {
  assert.equal((await get('/config_dump', { method: 'POST' })).status, 404);
  assert.equal((await get('/config_dump', { method: 'POST', body: 'x'.repeat(2000) })).status, 413);
});

test('a port that is taken is said to be', async () => {
  await assert.rejects(
    startAdminServer({ host: '127.0.0.1', port: admin.port }, source),
    (error: unknown) => error instanceof EvenkeelError && error.code === 'EK_PORT_IN_USE',
  );
});

test('callers from elsewhere get what a kubelet and a scraper need, and no more', async () => {
  const ask = async (url: string, remoteAddress: string, debug?: 'anywhere', headers = {}) => {
    const app = adminApp(source, { debug });
    const { statusCode } = await app.inject({ url, remoteAddress, headers });
    await app.close();
    return statusCode;
  };
  for (const url of ['/healthz', '/readyz', '/metrics', '/metrics?a=b']) {
    assert.notEqual(await ask(url, '10.0.0.7'), 403, url);
  }
  for (const url of ['/config_dump', '/config_dump?limit=1', '/metrics/..%2fconfig_dump', '//config_dump', '/other']) {
    assert.equal(await ask(url, '10.0.0.7'), 403, url);
    assert.equal(await ask(url, '10.0.0.7', undefined, { 'x-forwarded-for': '127.0.0.1' }), 403, url);
  }
  for (const loopback of ['127.0.0.1', '::1', '::ffff:127.0.0.1']) {
    assert.equal(await ask('/config_dump', loopback), 200, loopback);
  }
  assert.equal(await ask('/config_dump', '10.0.0.7', 'anywhere'), 200);
});
