import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { after, test } from 'node:test';
import { EvenkeelError } from '../base/errors.ts';
import type { LoadView, LoadViewService } from '../load/load-view.ts';
import { type AdminSource, adminApp, type DumpQuery, type Readiness, startAdminServer } from './admin-server.ts';

let readiness: Readiness = { ready: false, reasons: ['source file has not been read yet'], degraded: [] };
const asked: DumpQuery[] = [];

const source: AdminSource = {
  readiness: () => readiness,
  metrics: async () => ({ contentType: 'text/plain; version=0.0.4', text: 'evenkeel_ready 0\n' }),
  configDump: (query) => {
    asked.push(query);
    return { services: [] };
  },
  clients: (limit) => ({ limit }),
  explain: (query) => query,
};

const admin = await startAdminServer({ host: '127.0.0.1', port: 0 }, source);
after(() => admin.close());
const urlOf = ({ host, port }: { readonly host: string; readonly port: number }): string => `http://${host}:${port}`;
const get = (path: string, init?: RequestInit) => fetch(`${urlOf(admin)}${path}`, init);

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

test('clients are bounded as well', async () => {
  assert.deepEqual(await (await get('/clients')).json(), { limit: 10_000 });
  assert.deepEqual(await (await get('/clients?limit=2')).json(), { limit: 2 });
  assert.equal((await get('/clients?limit=-1')).status, 400);
});

test('a question about a target is checked', async () => {
  assert.deepEqual(await (await get('/explain?target=orders.shop&from=web-1')).json(), {
    target: 'orders.shop',
    from: 'web-1',
    limit: 1000,
  });
  for (const query of ['', '?target=', `?target=${'x'.repeat(301)}`, '?target=a&target=b', '?target=a&limit=0']) {
    assert.equal((await get(`/explain${query}`)).status, 400, query);
  }
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
  for (const url of [
    '/config_dump',
    '/config_dump?limit=1',
    '/clients',
    '/metrics/..%2fconfig_dump',
    '//config_dump',
    '/other',
  ]) {
    assert.equal(await ask(url, '10.0.0.7'), 403, url);
    assert.equal(await ask(url, '10.0.0.7', undefined, { 'x-forwarded-for': '127.0.0.1' }), 403, url);
  }
  for (const loopback of ['127.0.0.1', '::1', '::ffff:127.0.0.1']) {
    assert.equal(await ask('/config_dump', loopback), 200, loopback);
  }
  assert.equal(await ask('/config_dump', '10.0.0.7', 'anywhere'), 200);
});

test('probes are answered while all other sockets are taken', async () => {
  const { port } = admin;
  const idle = Array.from({ length: 200 }, () => connect(port, '127.0.0.1').on('error', () => {}));
  await Promise.all(idle.map((socket) => once(socket, 'connect')));
  assert.equal((await get('/healthz', { headers: { connection: 'close' } })).status, 200);
  for (const socket of idle) socket.destroy();
});

test('who asks again before he is answered loses the socket', async () => {
  const socket = connect(admin.port, '127.0.0.1').on('error', () => {});
  const ask = (more = '') => `GET /healthz HTTP/1.1\r\nhost: localhost\r\n${more}\r\n`;
  socket.write(ask().repeat(1_000) + ask('connection: close\r\n'));
  let answers = '';
  socket.on('data', (chunk) => {
    answers += chunk;
  });
  await once(socket, 'close');
  assert.ok(answers.split('HTTP/1.1 200').length <= 2, `${answers.length}`);
});

test('probes are answered while requests on all other sockets do not end', async () => {
  const { port } = admin;
  const unfinished = Array.from({ length: 200 }, () => connect(port, '127.0.0.1').on('error', () => {}));
  await Promise.all(unfinished.map((socket) => once(socket, 'connect')));
  for (const socket of unfinished) {
    socket.write(
      'POST /metrics HTTP/1.1\r\nhost: localhost\r\ncontent-type: text/plain\r\ncontent-length: 900\r\n\r\na',
    );
  }
  for (let count = 0; count < 3; count++) {
    assert.equal((await get('/healthz', { headers: { connection: 'close' } })).status, 200);
  }
  for (const socket of unfinished) socket.destroy();
});

test('what is on loopback is for callers who name it, and for no page of others', async () => {
  const app = adminApp(source);
  const ask = async (url: string, headers: Record<string, string>, remoteAddress = '127.0.0.1') =>
    (await app.inject({ url, headers, remoteAddress })).statusCode;
  for (const host of ['localhost:18001', '127.0.0.1:18001', '[::1]:18001', '127.0.0.1', 'a.localhost']) {
    assert.equal(await ask('/config_dump', { host }), 200, host);
  }
  for (const host of ['evil.example', 'evil.example:18001', 'localhost.evil.example', '127.0.0.1.evil.example']) {
    assert.equal(await ask('/config_dump', { host }), 403, host);
    assert.equal(await ask('/metrics', { host }), 403, host);
    assert.equal(await ask('/healthz', { host }), 200, 'a probe says nothing');
  }
  const host = 'localhost:18001';
  for (const origin of ['http://evil.example', 'null', 'http://localhost.evil.example']) {
    assert.equal(await ask('/config_dump', { host, origin }), 403, origin);
  }
  assert.equal(await ask('/config_dump', { host, origin: 'http://localhost:3000' }), 200);
  assert.equal(await ask('/config_dump', { host, 'sec-fetch-site': 'cross-site' }), 403);
  assert.equal(await ask('/metrics', { host: 'evenkeel.evenkeel:18001' }, '10.0.0.7'), 200, 'a scraper');
  const { headers } = await app.inject({ url: '/metrics', headers: { host } });
  assert.equal(headers['x-content-type-options'], 'nosniff');
  assert.equal(headers['cache-control'], 'no-store');
  await app.close();
});

test('a request that names two hosts, or another one in its first line, names none of loopback', async () => {
  const ask = async (...lines: string[]): Promise<string> => {
    const socket = connect(admin.port, admin.host);
    socket.write(`${[...lines, 'connection: close'].join('\r\n')}\r\n\r\n`);
    let answer = '';
    for await (const chunk of socket) answer += chunk;
    return answer.slice(9, 12);
  };
  assert.equal(await ask('GET /config_dump HTTP/1.1', 'host: localhost'), '200');
  assert.equal(await ask('GET http://localhost/config_dump HTTP/1.1', 'host: localhost'), '200');
  assert.equal(await ask('GET http://evil.example/config_dump HTTP/1.1', 'host: localhost'), '403');
  assert.equal(await ask('GET /config_dump HTTP/1.1', 'host: localhost', 'Host: evil.example'), '403');
  assert.equal(await ask('GET /config_dump HTTP/1.0'), '403');
  assert.equal(await ask('GET /healthz HTTP/1.0'), '200', 'a probe');
});

test('what clients report is 404 where they are not asked', async () => {
  const answer = await get('/load');
  assert.equal(answer.status, 404);
  assert.match(await answer.text(), /--load-reports/);
});

test('what clients report, as a whole and as events with what has changed', async (t) => {
  const service = (name: string, calls: number): LoadViewService => ({
    ...{ namespace: 'shop', name, port: 80, verdict: 'balanced', since: '2026-01-01T00:00:00.000Z', why: '' },
    ...{ calls, failed: 0, total: { calls, failed: 0 }, pods: [], callers: [] },
  });
  const view = (...services: LoadViewService[]): LoadView => ({
    ...{ asOf: '2026-01-01T00:00:00.000Z', windowMs: 1_000, streams: 1, services },
  });
  const observed = Promise.withResolvers<(view: LoadView) => void>();
  const ended = Promise.withResolvers<void>();
  const app = await startAdminServer(
    { host: '127.0.0.1', port: 0 },
    {
      ...source,
      load: () => view(service('a', 1), service('b', 1)),
      observeLoad(observer) {
        observed.resolve(observer);
        return ended.resolve;
      },
    },
  );
  t.after(() => app.close());
  assert.deepEqual(await (await fetch(`${urlOf(app)}/load`)).json(), view(service('a', 1), service('b', 1)));

  const abort = new AbortController();
  const { headers, body } = await fetch(`${urlOf(app)}/load`, {
    headers: { accept: 'text/event-stream' },
    signal: abort.signal,
  });
  assert.match(headers.get('content-type') ?? '', /^text\/event-stream/);
  assert.equal(headers.get('cross-origin-resource-policy'), 'same-origin');
  const reader = body!.pipeThrough(new TextDecoderStream()).getReader();
  const next = async () => {
    const match = /^event: load\ndata: (.*)\n\n$/.exec((await reader.read()).value!);
    const { services, gone } = JSON.parse(match![1]!) as LoadView & { gone: string[] };
    return [services.map(({ name, calls }) => `${name} ${calls}`), gone];
  };
  assert.deepEqual(await next(), [['a 1', 'b 1'], []]);
  const send = await observed.promise;
  send(view(service('a', 2), service('b', 1)));
  assert.deepEqual(await next(), [['a 2'], []]);
  send(view(service('a', 2)));
  assert.deepEqual(await next(), [[], ['shop/b:80']]);
  abort.abort();
  await ended.promise;
});

test('the page is its own files, with a policy that lets nothing else in; a link from elsewhere leads there', async () => {
  const app = adminApp(source);
  const ask = (url: string, headers = {}, remoteAddress = '127.0.0.1') =>
    app.inject({ url, remoteAddress, headers: { host: 'localhost:18001', ...headers } });
  assert.equal((await ask('/')).headers.location, 'dashboard/');
  for (const path of ['', 'app.js', 'app.css']) {
    const { statusCode, headers } = await ask(`/dashboard/${path}`);
    assert.equal(statusCode, 200, path);
    assert.match(
      String(headers['content-security-policy']),
      /default-src 'none'; script-src 'self';.*frame-ancestors 'none'/,
    );
  }
  for (const path of ['other.js', '../control-plane.ts', '..%2fcontrol-plane.ts', 'LICENSES.txt', '%2e%2e/main.tsx']) {
    assert.equal((await ask(`/dashboard/${path}`)).statusCode, 404, path);
  }
  const link = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' };
  assert.equal((await ask('/dashboard/', link)).statusCode, 200);
  assert.equal((await ask('/config_dump', link)).statusCode, 403);
  assert.equal((await ask('/dashboard/events?topic=services', link)).statusCode, 403);
  assert.equal((await ask('/dashboard/', { ...link, 'sec-fetch-dest': 'iframe' })).statusCode, 403);
  assert.equal((await ask('/dashboard/', { ...link, host: 'evil.example' })).statusCode, 403);
  for (const path of ['', 'app.js', 'events?topic=services']) {
    assert.equal((await ask(`/dashboard/${path}`, {}, '10.0.0.7')).statusCode, 403, 'as /config_dump');
  }
  assert.equal((await ask('/dashboard/events?topic=other')).statusCode, 400);
  await app.close();
});
