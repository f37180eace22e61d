import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, type ClientRequest, type IncomingMessage, request } from 'node:http';
import { type TestContext, test } from 'node:test';
import type { RunningWorkload } from '../pod/running.ts';
import { arrived, callsOf } from '../testing/calls.ts';
import { get } from '../testing/http.ts';
import { testSettings } from '../testing/settings.ts';
import { startHelloHttp } from './hellohttp.ts';
import { helloHttpOptions } from './options.ts';

async function start(test: TestContext, given: Record<string, string> = {}): Promise<RunningWorkload> {
  const running = await startHelloHttp(testSettings(helloHttpOptions, given));
  test.after(() => running.stop(0));
  return running;
}

/** GET on a connection that is kept. */
async function getKept(agent: Agent, address: string, path: string, headers = {}): Promise<IncomingMessage> {
  const sent: ClientRequest = request(`http://${address}${path}`, { agent, headers }).end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  response.resume();
  await once(response, 'end');
  return response;
}

test('answers exactly as in the write-up, and names its pod in a header', async (t) => {
  const { addresses } = await start(t);
  const named = await get(addresses.http!, '/hellohttp?name=Ada');
  assert.equal(named.body, '{"hostname":"pod-1","name":"Ada","version":"v1-hellohttp"}');
  assert.equal(named.status, 200);
  assert.equal(named.headers['content-type'], 'application/json; charset=utf-8');
  assert.equal(named.headers['evenkeel-pod'], 'pod-1');
  assert.equal(
    (await get(addresses.http!, '/hellohttp')).body,
    '{"hostname":"pod-1","name":"","version":"v1-hellohttp"}',
  );
});

test('the version is a setting', async (t) => {
  const { addresses } = await start(t, { appVersion: 'v2-hellohttp' });
  assert.match((await get(addresses.http!, '/hellohttp')).body, /"version":"v2-hellohttp"/);
});

test('an unknown path is a 404 in JSON that is not counted', async (t) => {
  const { addresses } = await start(t);
  const { status, body } = await get(addresses.http!, '/other?x=1', { 'evenkeel-run': 'r1' });
  assert.equal(status, 404);
  assert.deepEqual(JSON.parse(body), { error: 'nothing answers GET /other' });
  assert.equal((await callsOf(addresses.admin!, 'r1')).calls, 0);
});

test('counts calls and connections of a run', async (t) => {
  const { addresses } = await start(t);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  t.after(() => agent.destroy());
  const run = { 'evenkeel-run': 'r1', 'evenkeel-source': 'tester' };
  await getKept(agent, addresses.http!, '/hellohttp', run);
  await getKept(agent, addresses.http!, '/hellohttp', run);
  await get(addresses.http!, '/hellohttp', run);
  assert.deepEqual(await callsOf(addresses.admin!, 'r1'), { pod: 'pod-1', calls: 3, connections: 2 });
  const { body } = await get(addresses.admin!, '/metrics');
  assert.match(body, /evenkeel_workload_requests_total\{source="tester",destination="hellohttp",code="200"\} 3/);
});

test('fails on purpose with the HTTP status that corresponds', async (t) => {
  const { addresses } = await start(t, { errorRate: '1', errorStatus: 'RESOURCE_EXHAUSTED' });
  const { status, headers } = await get(addresses.http!, '/hellohttp');
  assert.equal(status, 429);
  assert.equal(headers['evenkeel-pod'], 'pod-1');
});

test('while it drains it answers and asks callers to close their connections', async (t) => {
  const running = await start(t);
  const agent = new Agent({ keepAlive: true });
  t.after(() => agent.destroy());
  const before = await getKept(agent, running.addresses.http!, '/hellohttp');
  assert.equal(before.headers.connection, 'keep-alive');
  running.drain();
  const during = await getKept(agent, running.addresses.http!, '/hellohttp');
  assert.equal(during.statusCode, 200);
  assert.equal(during.headers.connection, 'close');
});

test('stopping finishes what is in flight, and cuts it only after the grace time', async (t) => {
  const running = await start(t);
  const slow = get(running.addresses.http!, '/hellohttp', { 'evenkeel-run': 'r1', 'evenkeel-latency-ms': '200' });
  await arrived(running.addresses.admin!, 'r1', 1);
  assert.equal(await running.stop(60_000), true);
  assert.equal((await slow).status, 200);

  const other = await start(t);
  const endless = { 'evenkeel-run': 'r1', 'evenkeel-latency-ms': '600000' };
  const cut = assert.rejects(get(other.addresses.http!, '/hellohttp', endless), { code: 'ECONNRESET' });
  await arrived(other.addresses.admin!, 'r1', 1);
  assert.equal(await other.stop(50), false);
  await cut;
});

test('probes: ready and alive, failing on purpose and back, draining', async (t) => {
  const running = await start(t);
  const admin = running.addresses.admin!;
  const probe = async (path: string) => {
    const { status, body } = await get(admin, path);
    return [status, JSON.parse(body).status];
  };
  assert.deepEqual(await probe('/healthz'), [200, 'ok']);
  assert.deepEqual(await probe('/readyz'), [200, 'ok']);
  assert.equal((await get(admin, '/fail?probe=readiness', {}, 'POST')).status, 200);
  assert.deepEqual(await probe('/readyz'), [503, 'failing']);
  assert.deepEqual(await probe('/healthz'), [200, 'ok']);
  await get(admin, '/recover?probe=readiness', {}, 'POST');
  assert.deepEqual(await probe('/readyz'), [200, 'ok']);
  await get(admin, '/fail?probe=liveness', {}, 'POST');
  assert.deepEqual(await probe('/healthz'), [503, 'failing']);
  running.drain();
  assert.deepEqual(await probe('/readyz'), [503, 'draining']);
});

test('the admin server says what is missing', async (t) => {
  const { addresses } = await start(t);
  assert.equal((await get(addresses.admin!, '/calls')).status, 400);
  assert.equal((await get(addresses.admin!, '/fail?probe=all', {}, 'POST')).status, 400);
});
