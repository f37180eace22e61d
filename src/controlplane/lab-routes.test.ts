import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EvenkeelError } from '../base/errors.ts';
import type { LabAction } from '../feed/lab-view.ts';
import { type AdminServerOptions, type AdminSource, adminApp } from './admin-server.ts';

const source: AdminSource = {
  readiness: () => ({ ready: true, reasons: [], degraded: [] }),
  metrics: async () => ({ contentType: '', text: '' }),
  ...{ configDump: () => ({}), clients: () => ({}), explain: () => ({}) },
};
const view = {
  deployments: [{ name: 'be1', services: ['default/be1-srv'], replicas: 1, ready: 1, problem: '' }],
  pods: [{ name: 'be1-0', frozen: false }],
};

/** A server with a lab, or without. */
function serverOf(options: AdminServerOptions = {}) {
  const app = adminApp(source, options);
  const ask = async (asked: { body?: unknown; headers?: Record<string, string>; from?: string } = {}) => {
    const { body, headers, from = '127.0.0.1' } = asked;
    const { statusCode, body: text } = await app.inject({
      ...{ url: '/dashboard/lab', method: body === undefined ? 'GET' : 'POST', remoteAddress: from },
      headers: { host: '127.0.0.1:18001', 'content-type': 'application/json', ...headers },
      ...(body !== undefined && { payload: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    return { status: statusCode, body: JSON.parse(text) as { error?: string } };
  };
  return { app, ask };
}

function withLab(act: (action: LabAction) => Promise<void> = async () => {}) {
  const done: LabAction[] = [];
  const lab = {
    view: async () => view,
    act: async (action: LabAction) => {
      done.push(action);
      await act(action);
    },
  };
  return { done, lab };
}

const freeze = { do: 'freeze', name: 'be1-0' } as const;

test('without a lab there is nothing to control, and the page shows no controls', async () => {
  const { app, ask } = serverOf();
  assert.equal((await ask()).status, 404);
  assert.equal((await ask({ body: freeze })).status, 404);
  const page = async (of: typeof app) =>
    (await of.inject({ url: '/dashboard/', headers: { host: 'localhost' } })).body.includes('<div id="app" data-lab>');
  assert.equal(await page(app), false);
  assert.equal(await page(serverOf({ lab: withLab().lab }).app), true);
});

test('in a lab the page sees it and controls it', async () => {
  const { lab, done } = withLab();
  const { ask } = serverOf({ lab });
  assert.deepEqual(await ask(), { status: 200, body: view });
  const actions: LabAction[] = [
    freeze,
    { do: 'thaw', name: 'be1-0' },
    { do: 'kill', name: 'be1-0' },
    { do: 'roll', name: 'be1' },
    { do: 'scale', name: 'be1', replicas: 0 },
    { do: 'scale', name: 'be1', replicas: 50 },
  ];
  const own = { origin: 'http://127.0.0.1:18001', 'sec-fetch-site': 'same-origin' };
  for (const body of actions) assert.equal((await ask({ body, headers: own })).status, 200, body.do);
  assert.deepEqual(done, actions);
});

test('nothing is done for other pages, for callers from elsewhere, or for what is no action', async () => {
  const { lab, done } = withLab();
  const { ask } = serverOf({ lab, debug: 'anywhere' });
  const refused: [status: number, asked: Parameters<typeof ask>[0]][] = [
    [403, { body: freeze, headers: { origin: 'http://127.0.0.1:3000' } }],
    [403, { body: freeze, headers: { origin: 'https://127.0.0.1:18001' } }],
    [403, { body: freeze, headers: { origin: 'null' } }],
    [403, { body: freeze, headers: { origin: 'http://rebound.example', host: 'rebound.example' } }],
    [403, { body: freeze, headers: { 'sec-fetch-site': 'cross-site' } }],
    [403, { body: freeze, from: '10.0.0.7' }],
    [403, { body: freeze, from: '10.0.0.7', headers: { 'x-forwarded-for': '127.0.0.1' } }],
    [403, { from: '10.0.0.7' }],
    [400, { body: JSON.stringify(freeze), headers: { 'content-type': 'text/plain' } }],
    [415, { body: 'do=freeze&name=be1-0', headers: { 'content-type': 'application/x-www-form-urlencoded' } }],
    [400, { body: '{"do":' }],
    [400, { body: { do: 'delete', name: 'be1-0' } }],
    [400, { body: { do: 'freeze' } }],
    [400, { body: { ...freeze, signal: 'SIGTERM' } }],
    [400, { body: { do: 'freeze', name: '' } }],
    [400, { body: { do: 'freeze', name: 'x'.repeat(101) } }],
    [400, { body: { do: 'freeze', name: ['be1-0'] } }],
    [413, { body: { do: 'freeze', name: 'x'.repeat(1_100) } }],
    ...[51, -1, 1.5, '3', null].map((replicas): [number, Parameters<typeof ask>[0]] => [
      400,
      { body: { do: 'scale', name: 'be1', replicas } },
    ]),
  ];
  for (const [status, asked] of refused) assert.equal((await ask(asked)).status, status, JSON.stringify(asked));
  assert.deepEqual(done, []);
});

test('what the lab says is wrong is passed on', async () => {
  const unknown = new EvenkeelError('EK_LAB_UNKNOWN_NAME', 'there is no pod be1-0');
  const gone = new EvenkeelError('EK_LAB_STOPPED', 'the lab did not answer');
  for (const [error, status] of [
    [unknown, 400],
    [gone, 502],
  ] as const) {
    const { ask } = serverOf({ lab: withLab(() => Promise.reject(error)).lab });
    assert.deepEqual(await ask({ body: freeze }), { status, body: { error: error.message } });
  }
});

test('a lab that does not answer is not asked without end', async () => {
  const held = Promise.withResolvers<void>();
  const { lab, done } = withLab(() => held.promise);
  const { ask } = serverOf({ lab });
  const refused: number[] = [];
  const asked = Array.from({ length: 20 }, async () => {
    const { status } = await ask({ body: freeze });
    if (status !== 200) refused.push(status);
    // Those that are too many are answered at once.
    if (refused.length === 4) held.resolve();
  });
  await Promise.all(asked);
  assert.deepEqual(refused, [503, 503, 503, 503]);
  assert.equal(done.length, 16);
  assert.equal((await ask({ body: freeze })).status, 200);
});
