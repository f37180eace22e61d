import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { service, view } from '../live/testing/views.ts';
import type { LoadView } from '../load/load-view.ts';
import { runCli } from './testing/run-cli.ts';

/** An admin server that answers this. */
async function adminOf(t: TestContext, status: number, body: string): Promise<string> {
  const server = createServer((_request, response) => response.writeHead(status).end(body)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const good: LoadView = view(service('orders', [50, 50]));

test('top, edges and prove --live ask every control plane that is named', async (t) => {
  const one = await adminOf(t, 200, JSON.stringify(good));
  const other = await adminOf(t, 200, JSON.stringify(good));
  const both = ['--admin', one, '--admin', `http://${other}`];
  const [top, json, edges, prove] = await Promise.all([
    runCli('top', ...both),
    runCli('top', '--json', '--admin', one, '--service', 'orders'),
    runCli('edges', '--format', 'dot', ...both),
    runCli('prove', '--live', '--expect', 'balanced', '--service', 'shop/orders', ...both),
  ]);
  assert.equal(top.code, 0, top.stderr);
  assert.match(top.stdout, /^shop\/orders:80 {2}balanced for .*, 20\.0 calls\/s/m);
  assert.deepEqual(JSON.parse(json.stdout), good);
  assert.match(edges.stdout, /"shop\/web" -> "shop\/orders:80" \[label="20\.0\/s"\]/);
  assert.equal(prove.code, 0, prove.stderr);
  assert.match(prove.stdout, /Even: 1 of 1 Services are balanced\.\n$/);
});

test('prove --live fails over traffic that is not even', async (t) => {
  const admin = await adminOf(t, 200, JSON.stringify(view(service('orders', [90, 10], { verdict: 'skewed' }))));
  const { code, stdout } = await runCli('prove', '--live', '--admin', admin, '--json');
  assert.equal(code, 1);
  assert.deepEqual(
    [JSON.parse(stdout).met, JSON.parse(stdout).conclusion],
    [false, 'Not even: shop/orders:80 is skewed.'],
  );
});

test('what cannot be asked, and what is no answer, is an error with a code', async (t) => {
  const cases: [admin: string, code: number, error: RegExp][] = [
    ['127.0.0.1:1', 3, /EK_ADMIN_UNREACHABLE.*127\.0\.0\.1:1/s],
    [await adminOf(t, 404, '{"error":"…; --load-reports does that"}'), 2, /EK_LOAD_OFF/],
    [await adminOf(t, 404, '{"error":"not found"}'), 3, /EK_ADMIN_ANSWER.*status 404/s],
    [await adminOf(t, 200, 'hello'), 3, /EK_ADMIN_ANSWER.*no JSON/s],
    [await adminOf(t, 200, '{"asOf":"now","windowMs":0,"streams":1,"services":[]}'), 3, /EK_ADMIN_ANSWER.*windowMs/s],
    ['not an address', 2, /EK_USAGE/],
  ];
  await Promise.all(
    cases.map(async ([admin, code, error]) => {
      const found = await runCli('top', '--admin', admin);
      assert.match(found.stderr, error);
      assert.equal(found.code, code, admin);
      assert.doesNotMatch(found.stderr, / {4}at /);
    }),
  );
});

test('prove refuses what it would not look at', async () => {
  const cases: [args: string[], error: RegExp][] = [
    [['--live', '--max-failed', '0'], /'--live' cannot be used with option '--max-failed <n>'/],
    [['--live', '--max-p99', '5ms'], /'--live' cannot be used with option '--max-p99 <time>'/],
    [['--live', '--html', 'page.html'], /'--live' cannot be used with option '--html <file>'/],
    [['--clean', '--expect', 'balanced'], /'--clean' cannot be used with option '--expect <verdict>'/],
    [['--service', 'shop/orders'], /--service says nothing without --live/],
    [['--admin', '127.0.0.1:1'], /--admin says nothing without --live/],
  ];
  await Promise.all(
    cases.map(async ([args, error]) => {
      const { code, stdout, stderr } = await runCli('prove', ...args);
      assert.deepEqual([code, stdout], [2, '']);
      assert.match(stderr, error);
    }),
  );
});
