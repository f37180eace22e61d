import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { callsOf } from '../testing/calls.ts';
import { spawnWorkload, startChild } from '../testing/child.ts';
import { startDns } from '../testing/dns.ts';
import { get } from '../testing/http.ts';
import { testSettings } from '../testing/settings.ts';
import { startSampleApp } from './app.ts';
import { findProgram } from './find-program.ts';
import { startSampleGrpc } from './grpc.ts';
import { sampleAppOptions, sampleGrpcOptions } from './options.ts';

async function startApp(test: TestContext, kind: 'go' | 'js', given: Record<string, string> = {}) {
  const settings = testSettings(sampleAppOptions(`/${kind}`), { podName: `${kind}-1`, deadlineMs: '30000', ...given });
  const app = await startSampleApp(`sample-${kind}`, settings);
  test.after(() => app.stop(0));
  return app.addresses;
}

async function startGrpc(test: TestContext) {
  const grpc = await startSampleGrpc(testSettings(sampleGrpcOptions, { podName: 'grpc-1' }));
  test.after(() => grpc.stop(0));
  return grpc.addresses;
}

test('an application answers below its base path only, and says which path it saw', async (t) => {
  const { http } = await startApp(t, 'go');
  assert.equal((await get(http!, '/go')).body, '{"service":"sample-go","path":"/go","hostname":"go-1"}');
  assert.equal((await get(http!, '/go/')).body, '{"service":"sample-go","path":"/go/","hostname":"go-1"}');
  for (const wrong of ['/sample', '/go/go/sample', '/']) assert.equal((await get(http!, wrong)).status, 404, wrong);
});

test('BASE/sample asks the gRPC service', async (t) => {
  const { grpc, admin } = await startGrpc(t);
  const { http } = await startApp(t, 'js', { grpcUpstream: grpc! });
  const { body } = await get(http!, '/js/sample?name=Ada', { 'evenkeel-run': 'r1' });
  assert.equal(
    body,
    '{"service":"sample-js","path":"/js/sample","hostname":"js-1","response":{"message":"Hello, Ada!","hostname":"grpc-1"}}',
  );
  assert.equal((await callsOf(admin!, 'r1')).calls, 1);
});

test('a missing nginx is one line and exit code 2', async (t) => {
  const child = spawnWorkload(t, ['sample-nginx', '--nginx', '/no/such/nginx', '--port', '0', '--admin-port', '0']);
  assert.equal(await child.exited, 2);
  assert.match(child.errors(), /^error EK_NGINX_MISSING: there is no program "\/no\/such\/nginx"\n/);
});

const nginx = findProgram(process.env.EVENKEEL_NGINX || 'nginx');
const linuxWithSetpriv = findProgram('setpriv') === undefined ? { skip: 'there is no setpriv here' } : {};
const withNginx = { skip: nginx === undefined && 'there is no nginx here (EVENKEEL_NGINX names one)' };

/** The front with a TMPDIR of its own: one that is killed cannot remove its folder. */
async function startFront(test: TestContext, args: readonly string[] = [], env: Record<string, string> = {}) {
  const TMPDIR = await mkdtemp(join(tmpdir(), 'evenkeel-front-'));
  const front = await startChild(test, ['sample-nginx', ...args], { EVENKEEL_NGINX: nginx!, TMPDIR, ...env });
  test.after(() => rm(TMPDIR, { recursive: true }));
  return front;
}

test('the front routes /go, /js and /, and prefixes arrive once', withNginx, async (t) => {
  const { grpc } = await startGrpc(t);
  const go = await startApp(t, 'go', { grpcUpstream: grpc! });
  const js = await startApp(t, 'js');
  const front = await startFront(t, ['--go-upstream', go.http!, '--js-upstream', js.http!], {
    POD_NAME: 'front-1',
  });
  const ask = async (path: string) => {
    const { status, body, headers } = await get(front.ready.http!, path);
    return { status, pod: headers['evenkeel-pod'], ...JSON.parse(body) };
  };
  assert.deepEqual(await ask('/'), {
    status: 200,
    pod: 'front-1',
    service: 'sample-nginx',
    path: '/',
    hostname: 'front-1',
  });
  assert.deepEqual(await ask('/go'), { status: 200, pod: 'go-1', service: 'sample-go', path: '/go', hostname: 'go-1' });
  assert.deepEqual(await ask('/js/'), {
    status: 200,
    pod: 'js-1',
    service: 'sample-js',
    path: '/js/',
    hostname: 'js-1',
  });
  const sample = await ask('/go/sample?name=Ada');
  assert.equal(sample.path, '/go/sample');
  assert.deepEqual(sample.response, { message: 'Hello, Ada!', hostname: 'grpc-1' });
  assert.equal((await ask('/gopher')).status, 404);

  front.process.kill('SIGTERM');
  assert.equal(await front.exited, 0);
});

test('the front runs while its upstreams do not exist yet, and finds them when they do', withNginx, async (t) => {
  const records = new Map<string, string[]>();
  const dns = await startDns(t, records);
  const go = await startApp(t, 'go');
  const port = go.http!.split(':')[1]!;
  const front = await startFront(
    t,
    ['--go-upstream', `sample-service-go:${port}`, '--js-upstream', `sample-service-js:${port}`],
    { EVENKEEL_DNS: dns, POD_NAMESPACE: 'shop' },
  );
  const before = await get(front.ready.http!, '/go');
  assert.equal(before.status, 503);
  assert.deepEqual(JSON.parse(before.body), {
    error: 'nobody answers there',
    upstream: `sample-service-go.shop.svc.cluster.local:${port}`,
    grpcStatus: 'UNAVAILABLE',
  });
  records.set('sample-service-go.shop.svc.cluster.local', ['127.0.0.1']);
  while ((await get(front.ready.http!, '/go')).status !== 200);
});

test('the front ends with exit code 3 when nginx ends by itself', withNginx, async (t) => {
  const front = await startFront(t);
  const children = spawnSync('pgrep', ['-P', String(front.process.pid)])
    .stdout.toString()
    .trim();
  // Never signal 0, which would be this process's own group.
  assert.match(children, /^[1-9]\d*$/);
  process.kill(Number(children), 'SIGTERM');
  assert.equal(await front.exited, 3);
  assert.match(front.errors(), /^error EK_NGINX_FAILED: nginx ended/m);
});

test('nginx does not outlive a front that is killed', { ...withNginx, ...linuxWithSetpriv }, async (t) => {
  const front = await startFront(t);
  const [host, port] = front.ready.http!.split(':');
  front.process.kill('SIGKILL');
  // The pipe of its standard output closes when nginx is gone too.
  assert.equal(await front.exited, 'SIGKILL');
  await assert.rejects(get(`${host}:${port}`, '/'), { code: 'ECONNREFUSED' });
});
