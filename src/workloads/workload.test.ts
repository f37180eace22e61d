import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { clientBootstrap } from '../bootstrap/client-bootstrap.ts';
import { GrpcClient, policyOptions } from './grpc/client.ts';
import { settle } from './options.ts';
import { workloads } from './registry.ts';
import { findProgram } from './sample/find-program.ts';
import { arrived, ConstantCaller, echo } from './testing/calls.ts';
import { spawnWorkload, startChild } from './testing/child.ts';
import { startDns } from './testing/dns.ts';
import { get } from './testing/http.ts';

test('every workload has help with an example of its own', async (t) => {
  for (const { name, example, summary } of workloads) {
    assert.match(example, new RegExp(`evenkeel workload ${name}( |$)`));
    assert.ok(summary.length > 0);
  }
  const child = spawnWorkload(t, ['be1-srv', '--help']);
  let help = '';
  child.process.stdout!.on('data', (chunk: Buffer) => {
    help += chunk.toString();
  });
  assert.equal(await child.exited, 0);
  assert.match(help, /--max-connection-age-ms <ms>/);
  assert.match(help, /EVENKEEL_ADMIN_PORT/);
  assert.match(help, /Example:\n {2}evenkeel workload be1-srv/);
});

test('the README has a row for every workload, with its ports', () => {
  const readme = readFileSync(join(import.meta.dirname, 'README.md'), 'utf8');
  const rows = [...readme.matchAll(/^\| (`.+) \| [A-E] \| (.+?) \|/gm)].flatMap(([, names, listens]) =>
    [...names!.matchAll(/`([^`]+)`/g)].map(([, name]) => `${name}: ${listens}`),
  );
  const expected = workloads.map(({ name, options, program }) => {
    const settled = settle(options, {}, {}) as { port?: number; grpcPort?: number };
    if ('call' in program) return `${name}: –`;
    const speaksGrpcOnly = 'maxConnectionAgeMs' in options && !('grpcPort' in options);
    const also = settled.grpcPort === undefined ? '' : `, gRPC ${settled.grpcPort}`;
    return `${name}: ${speaksGrpcOnly ? 'gRPC' : 'HTTP'} ${settled.port}${also}`;
  });
  assert.deepEqual(rows.sort(), expected.sort());
});

for (const { name, program } of workloads) {
  if ('call' in program) continue;
  const nginx = name === 'sample-nginx' ? findProgram(process.env.EVENKEEL_NGINX || 'nginx') : '';
  const needed = { skip: nginx === undefined && 'there is no nginx here (EVENKEEL_NGINX names one)' };
  test(`${name} listens, is ready, and goes away on SIGTERM with exit code 0`, needed, async (t) => {
    const child = await startChild(t, [name], {
      EVENKEEL_GRPC_PORT: '0',
      EVENKEEL_NGINX: nginx!,
      GRPC_XDS_BOOTSTRAP_CONFIG: JSON.stringify(clientBootstrap({ server: '127.0.0.1:1', namespace: 'default' })),
    });
    assert.equal(child.ready.workload, name);
    assert.equal((await get(child.ready.admin!, '/readyz')).status, 200);
    child.process.kill('SIGTERM');
    assert.equal(await child.exited, 0);
    assert.equal(child.errors(), '');
  });
}

test('a bad setting ends with exit code 2 and no stack trace', async (t) => {
  const child = spawnWorkload(t, ['be1-srv', '--error-rate', '2']);
  assert.equal(await child.exited, 2);
  assert.match(child.errors(), /^error EK_USAGE: --error-rate/);
  assert.doesNotMatch(child.errors(), /^\s+at .*\.ts/m);
});

test('a port that is taken ends with exit code 2', async (t) => {
  const { ready } = await startChild(t, ['be1-srv'], { POD_NAME: 'pod-1' });
  const child = spawnWorkload(t, ['be2-srv', '--port', ready.grpc!.split(':')[1]!]);
  assert.equal(await child.exited, 2);
  assert.match(child.errors(), /^error EK_PORT_IN_USE/);
});

test('the ready line says who listens where, by the environment that Kubernetes gives', async (t) => {
  const { ready } = await startChild(t, ['hellohttp'], { POD_NAME: 'hellohttp-1', POD_IP: '127.0.0.2' });
  assert.deepEqual(Object.keys(ready), ['event', 'workload', 'pod', 'http', 'admin']);
  assert.deepEqual([ready.event, ready.workload, ready.pod], ['listening', 'hellohttp', 'hellohttp-1']);
  assert.match(ready.http!, /^127\.0\.0\.2:\d+$/);
  assert.equal((await get(ready.admin!, '/readyz')).status, 200);
});

test('SIGTERM under constant calls loses none, in flight or new, and exits with 0', async (t) => {
  const leaving = await startChild(t, ['be1-srv', '--drain-ms', '200'], { POD_NAME: 'leaving' });
  const staying = await startChild(t, ['be2-srv'], { POD_NAME: 'staying' });
  const slowClient = new GrpcClient(leaving.ready.grpc!);
  const client = new GrpcClient(`ipv4:${leaving.ready.grpc},${staying.ready.grpc}`, policyOptions('round_robin'));
  const calls = new ConstantCaller(client);
  t.after(async () => {
    await calls.stop();
    client.close();
    slowClient.close();
  });
  await calls.until(() => calls.callsTo('leaving') >= 50 && calls.callsTo('staying') >= 50);
  const slow = echo(slowClient, { 'evenkeel-latency-ms': '600', 'evenkeel-run': 'slow' });
  await arrived(leaving.ready.admin!, 'slow', 1);

  leaving.process.kill('SIGTERM');
  assert.equal(await slow, 'leaving');
  assert.deepEqual(JSON.parse(await leaving.nextLine()), {
    event: 'ended',
    workload: 'be1-srv',
    pod: 'leaving',
    runs: { slow: { calls: 1, connections: 1 } },
  });
  assert.equal(await leaving.exited, 0);
  const stayed = calls.callsTo('staying');
  await calls.until(() => calls.callsTo('staying') >= stayed + 200);
  await calls.stop();
  assert.deepEqual(calls.failures, []);
});

test('a second signal does not wait', async (t) => {
  const child = await startChild(t, ['be1-srv', '--drain-ms', '600000']);
  child.process.kill('SIGTERM');
  while ((await get(child.ready.admin!, '/readyz')).status === 200);
  child.process.kill('SIGTERM');
  assert.equal(await child.exited, 'SIGTERM');
});

test('the gateway finds its upstreams by the DNS server of EVENKEEL_DNS', async (t) => {
  const one = await startChild(t, ['hellogrpc', '--host', '127.0.0.3'], { POD_NAME: 'grpc-3' });
  const port = one.ready.grpc!.split(':')[1]!;
  await startChild(t, ['hellogrpc', '--host', '127.0.0.4', '--port', port], { POD_NAME: 'grpc-4' });
  const http = await startChild(t, ['hellohttp', '--host', '127.0.0.5'], { POD_NAME: 'http-5' });
  const dns = await startDns(
    t,
    new Map([
      ['grpc-svc.shop.svc.cluster.local', ['127.0.0.3', '127.0.0.4']],
      ['http-svc.shop.svc.cluster.local', ['127.0.0.5']],
    ]),
  );
  const gate = await startChild(
    t,
    ['helloserve', '--grpc-upstream', `dns:///grpc-svc:${port}`, '--deadline-ms', '30000'],
    { EVENKEEL_DNS: dns, POD_NAMESPACE: 'shop', HTTP_SVC_SERVICE_PORT: http.ready.http!.split(':')[1]! },
  );
  const seen = new Set<string>();
  while (seen.size < 2) {
    const { status, body } = await get(gate.ready.http!, '/hellogrpc');
    assert.equal(status, 200, body);
    seen.add(JSON.parse(body).response.hostname);
  }
  assert.deepEqual([...seen].sort(), ['grpc-3', 'grpc-4']);
  const { status, body } = await get(gate.ready.http!, '/hellohttp');
  assert.equal(status, 200, body);
  assert.equal(JSON.parse(body).response.hostname, 'http-5');
});

test('a name that the DNS server does not know is a 503', async (t) => {
  const dns = await startDns(t, new Map());
  const gate = await startChild(t, ['helloserve', '--deadline-ms', '30000'], { EVENKEEL_DNS: dns });
  for (const path of ['/hellogrpc', '/hellohttp']) {
    const { status, body } = await get(gate.ready.http!, path);
    assert.equal(status, 503, body);
    assert.equal(JSON.parse(body).grpcStatus, 'UNAVAILABLE');
  }
});

test('the frontend without a bootstrap says what to do', async (t) => {
  const child = spawnWorkload(t, ['fe']);
  assert.equal(await child.exited, 2);
  assert.match(child.errors(), /^error EK_USAGE: .*\n.*GRPC_XDS_BOOTSTRAP\n.*evenkeel bootstrap/);
});
