import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { clientOf } from '../explain/testing/clients.ts';
import { frozenAdmin } from '../explain/testing/frozen-admin.ts';
import { endpointOf, explainViewOf } from '../explain/testing/views.ts';
import { runCli } from './testing/run-cli.ts';

const asked: string[] = [];

async function adminOf(t: TestContext, body: object, status = 200): Promise<string> {
  const server = createServer(({ url = '' }, response) => {
    asked.push(url);
    response.writeHead(status).end(JSON.stringify(body));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const client = {
  ...clientOf('web-1'),
  asks: ['orders'],
  here: { state: 'SYNCED', why: 'has it' },
  resources: [],
} as const;

test('explain prints the cause first, and the exit code says whether there is one', async (t) => {
  const view = explainViewOf([endpointOf('orders-1', 'published')], { clients: [client] });
  const out = explainViewOf([endpointOf('orders-1', 'not-ready', 'is not ready')], { clients: [client] });
  const [fine, broken] = [await adminOf(t, view), await adminOf(t, out)];
  // One after the other: what waits for a processor would seem to be a control plane that does not answer.
  const good = await runCli('explain', 'xds:///orders.shop', '--admin', fine);
  const bad = await runCli('explain', 'orders.shop', '--admin', broken);
  const json = await runCli('explain', 'orders.shop', '--admin', broken, '--json');
  const flags = await runCli('explain', 'orders', '--admin', fine, '--from', 'pod/web-1', '--namespace', 'shop');
  assert.deepEqual([good.code, bad.code, json.code], [0, 1, 1], good.stderr);
  assert.match(good.stdout, /^In order: xds:\/\/\/orders\.shop leads to 1 pod/);
  assert.match(good.stdout, /^xds:\/\/\/orders\.shop {2}→ Service shop\/orders → port 50051 \(grpc\) → 1 of 1 pod$/m);
  assert.match(bad.stdout, /^No pod of shop\/orders:50051 is ready: orders-1 is not ready\.\n/);
  assert.equal(JSON.parse(json.stdout).findings[0].kind, 'no-ready-endpoints');
  assert.match(flags.stdout, /No client called web-1 is connected/);
  assert.ok(asked.includes('/explain?target=orders&namespace=shop&from=web-1'), asked.join('\n'));
});

test('explain tells bad input and control planes that do not answer apart', async (t) => {
  const cases: [args: string[], code: number, error: RegExp][] = [
    [['', '--admin', 'x:1'], 2, /EK_USAGE.*is not a target.*xds:\/\/\//s],
    [['xds:///', '--admin', 'x:1'], 2, /EK_USAGE/],
    [[], 2, /EK_USAGE.*target/s],
    [['orders', '--admin', await frozenAdmin(t)], 3, /EK_ADMIN_UNREACHABLE.*no answer within 1\.2 s/s],
    [['orders', '--admin', await adminOf(t, { error: 'not found' }, 404)], 3, /EK_ADMIN_ANSWER.*404: not found/s],
    [['orders', '--admin', await adminOf(t, { ready: true })], 3, /EK_ADMIN_ANSWER/],
  ];
  await Promise.all(
    cases.map(async ([args, code, error]) => {
      const found = await runCli('explain', ...args);
      assert.match(found.stderr, error);
      assert.equal(found.code, code, args.join(' '));
      assert.doesNotMatch(found.stderr, / {4}at /);
    }),
  );
});
