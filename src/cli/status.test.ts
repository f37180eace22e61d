import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { clientOf } from '../explain/testing/clients.ts';
import { frozenAdmin } from '../explain/testing/frozen-admin.ts';
import { runCli } from './testing/run-cli.ts';

async function adminOf(t: TestContext, status: number, body: object): Promise<string> {
  const text = JSON.stringify(body);
  const server = createServer((_request, response) => response.writeHead(status).end(text)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const about = { version: '1.2.3', asOf: 'now', ready: true, reasons: [] };
const good = { ...about, total: 1, clients: [clientOf('web-1')] };

test('status says how far every client is, and the exit code whether all is in order', async (t) => {
  const off = clientOf('web-2', { state: 'REJECTED', why: 'rejected routes (a): no' });
  const [one, other, silent] = await Promise.all([
    adminOf(t, 200, good),
    adminOf(t, 200, { ...good, clients: [off] }),
    frozenAdmin(t),
  ]);
  // One after the other: what waits for a processor would seem to be a control plane that does not answer.
  const fine = await runCli('status', '--admin', one);
  const bad = await runCli('status', '--admin', one, '--admin', other);
  const json = await runCli('status', '--json', '--admin', other);
  const stuck = await runCli('status', '--admin', one, '--admin', silent);
  assert.deepEqual([fine.code, bad.code, json.code, stuck.code], [0, 1, 1, 1], fine.stderr);
  assert.match(fine.stdout, /^In order: the client has acknowledged what it asks for\.\n/);
  assert.match(fine.stdout, /^web-1 {3}shop {7}Go 1\.85\.0 {2}SYNCED$/m);
  assert.match(bad.stdout, /^REJECTED: web-2 rejected routes \(a\): no\.\n/);
  assert.deepEqual(JSON.parse(json.stdout).clients[0].client, 'web-2');
  assert.match(stuck.stdout, new RegExp(`^Control plane ${silent}: .*no answer\\s+within 1\\.2 s`, 's'));
  assert.match(stuck.stdout, /^web-1 .*SYNCED$/m);
});

test('where no control plane answers, status says so and ends with 3', async (t) => {
  const cases: [admin: string, code: number, error: RegExp][] = [
    ['127.0.0.1:1', 3, /EK_ADMIN_UNREACHABLE.*127\.0\.0\.1:1 /s],
    [await frozenAdmin(t), 3, /EK_ADMIN_UNREACHABLE.*no answer within/s],
    [await adminOf(t, 403, { error: 'only for callers on loopback' }), 3, /EK_ADMIN_ANSWER.*403: only for callers on/s],
    [await adminOf(t, 200, { ...good, clients: [{}] }), 3, /EK_ADMIN_ANSWER.*clients\.0/s],
    ['a b', 2, /EK_USAGE/],
  ];
  await Promise.all(
    cases.map(async ([admin, code, error]) => {
      const found = await runCli('status', '--admin', admin);
      assert.match(found.stderr, error);
      assert.equal(found.code, code, admin);
    }),
  );
});
