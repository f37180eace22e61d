import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { EvenkeelError } from '../base/errors.ts';
import type { Lab, PodEvent, PodRecord } from './index.ts';
import { get, startLab, testPod } from './testdata/start.ts';

async function onePod(lab: Lab): Promise<PodRecord> {
  const [pod] = await lab.ready('web');
  return pod!;
}

function eventTypes(lab: Lab): string[] {
  const seen: string[] = [];
  lab.on('pod', ({ type }) => seen.push(type));
  return seen;
}

test('a pod whose process is killed is restarted in place', async (t) => {
  const lab = await startLab(t);
  lab.createDeployment({ name: 'web', template: testPod() });
  const before = await onePod(lab);
  const seen = eventTypes(lab);
  lab.kill(before.name);
  await lab.waitFor('the restart', () => lab.pod(before.name).restarts === 1 && lab.pod(before.name).ready);

  const after = lab.pod(before.name);
  assert.equal(after.ip, before.ip);
  assert.notEqual(after.pid, before.pid);
  assert.deepEqual(after.lastExit, { code: undefined, signal: 'SIGKILL' });
  assert.deepEqual(seen, ['unready', 'exited', 'restarting', 'started', 'ready']);
});

test('a failing liveness probe restarts the pod, with longer and longer waits', async (t) => {
  const lab = await startLab(t, { restartBackoff: { initialMs: 20, maxMs: 60_000 } });
  const liveness = { http: { port: 8080, path: '/live' }, periodMs: 20, failureThreshold: 2 };
  lab.createDeployment({ name: 'web', template: testPod({}, { liveness }) });
  const pod = await onePod(lab);
  const waits: number[] = [];
  let exitedAt = 0;
  let backoffs = 0;
  lab.on('pod', ({ type, pod: { status }, at }: PodEvent) => {
    if (type === 'exited') exitedAt = at;
    if (type === 'exited' && status === 'CrashLoopBackOff') backoffs += 1;
    if (type === 'restarting') waits.push(at - exitedAt);
  });
  for (let restart = 1; restart <= 3; restart++) {
    await get(`${pod.ip}:8080`, '/fail-liveness');
    await lab.waitFor(`restart ${restart}`, () => lab.pod(pod.name).restarts === restart && lab.pod(pod.name).ready);
  }
  assert.deepEqual(lab.pod(pod.name).lastExit, { code: 0, signal: undefined });
  assert.match(lab.logs(pod.name), /liveness probe failed \(HTTP status 500\)/);
  assert.equal(backoffs, 2);
  // A timer may be late, never early (but for its rounding to milliseconds).
  assert.ok(waits[1]! >= 19 && waits[2]! >= 39, String(waits));
});

test('a failing readiness probe takes a pod out of the endpoints and leaves it running', async (t) => {
  const lab = await startLab(t);
  await lab.createService({ name: 'web', ports: [{ port: 8080 }] });
  lab.createDeployment({ name: 'web', template: testPod() });
  const pod = await onePod(lab);
  await get(`${pod.ip}:8080`, '/fail-readiness');
  await lab.waitFor('unreadiness', () => !lab.pod(pod.name).ready);
  const conditions = () => {
    const [endpoint] = JSON.parse(readFileSync(lab.endpointsFile, 'utf8')).services[0].endpoints;
    return [endpoint.ready, endpoint.serving, endpoint.terminating];
  };
  assert.deepEqual(conditions(), [false, false, false]);
  await get(`${pod.ip}:8080`, '/recover');
  await lab.ready('web');
  assert.deepEqual(conditions(), [true, true, false]);
  const { restarts, readyAt } = lab.pod(pod.name);
  assert.equal(restarts, 0);
  assert.ok(readyAt! > pod.readyAt!);
});

test('a pod that is deleted is terminating and still serving until it has drained', async (t) => {
  const lab = await startLab(t);
  await lab.createService({ name: 'web', ports: [{ port: 8080 }] });
  lab.createDeployment({ name: 'web', template: testPod() });
  const pod = await onePod(lab);
  const conditions: string[] = [];
  lab.on('endpoints', () => {
    const { endpoints } = JSON.parse(readFileSync(lab.endpointsFile, 'utf8')).services[0];
    const mine = endpoints.find((endpoint: { pod: string }) => endpoint.pod === pod.name);
    conditions.push(mine === undefined ? 'gone' : `${mine.ready} ${mine.serving} ${mine.terminating}`);
  });
  const slow = get(`${pod.ip}:8080`, '/slow');
  while (!lab.logs(pod.name).includes('slow')) await setTimeout(5);
  lab.deletePod(pod.name);
  assert.equal(lab.pod(pod.name).status, 'Terminating');
  const [replacement] = await lab.settled('web');

  assert.equal(await slow, pod.name);
  assert.notEqual(replacement!.name, pod.name);
  assert.equal(conditions[0], 'false true true');
  assert.equal(conditions.at(-1), 'gone');
  const ended = lab.endedPods()[0]!;
  assert.deepEqual(ended.lastExit, { code: 0, signal: undefined });
  assert.ok(ended.terminatingAt! < ended.endedAt!);
  assert.match(lab.logs(pod.name), /drained\n$/);
});

test('a pod that does not go is killed after its grace period', async (t) => {
  const lab = await startLab(t);
  lab.createDeployment({ name: 'web', template: testPod({ IGNORE_SIGTERM: '1' }, { gracePeriodMs: 100 }) });
  await onePod(lab);
  lab.scale('web', 0);
  await lab.settled('web');
  assert.deepEqual(lab.endedPods()[0]!.lastExit, { code: undefined, signal: 'SIGKILL' });
});

test('during a preStop sleep a pod is out of the endpoints and does not know it', async (t) => {
  const lab = await startLab(t);
  lab.createDeployment({
    name: 'web',
    template: testPod({}, { preStopMs: 60_000, gracePeriodMs: 120_000 }),
  });
  const pod = await onePod(lab);
  lab.scale('web', 0);
  await lab.waitFor('termination', () => lab.pod(pod.name).terminating);
  assert.equal(lab.pod(pod.name).ready, false);
  assert.equal(await get(`${pod.ip}:8080`), pod.name);
  lab.kill(pod.name);
  await lab.settled('web');
});

test('SIGTERM comes after the preStop sleep', async (t) => {
  const lab = await startLab(t);
  lab.createDeployment({ name: 'web', template: testPod({}, { preStopMs: 100 }) });
  await onePod(lab);
  lab.scale('web', 0);
  await lab.settled('web');
  const { terminatingAt, endedAt, lastExit } = lab.endedPods()[0]!;
  assert.ok(endedAt! - terminatingAt! >= 99);
  assert.deepEqual(lastExit, { code: 0, signal: undefined });
});

test('gRPC and TCP probes', async (t) => {
  const lab = await startLab(t);
  const deploy = (name: string, env: Record<string, string>, readiness: object) =>
    lab.createDeployment({ name, template: testPod(env, { readiness: { ...readiness, periodMs: 20 } }) });
  deploy('grpc', { GRPC_PORT: '50051' }, { grpc: { port: 50_051, service: 'echo.EchoServer' } });
  deploy('tcp', { TCP_PORT: '7000' }, { tcp: { port: 7000 } });
  deploy('broken', { GRPC_PORT: '50051' }, { grpc: { port: 50_051, service: 'broken' } });
  deploy('unknown', { GRPC_PORT: '50051' }, { grpc: { port: 50_051, service: 'unknown' } });
  await Promise.all([lab.ready('grpc'), lab.ready('tcp')]);
  await assert.rejects(lab.ready('broken', undefined, { timeoutMs: 300 }), { code: 'EK_LAB_NOT_READY' });
  await assert.rejects(lab.ready('unknown', undefined, { timeoutMs: 1 }), { code: 'EK_LAB_NOT_READY' });
});

test('a pod that keeps ending is an error with its last words, long before the time is up', async (t) => {
  const lab = await startLab(t, { restartBackoff: { initialMs: 1 } });
  lab.createDeployment({ name: 'web', template: testPod({ EXIT_AT_ONCE: '3' }) });
  await assert.rejects(lab.ready('web'), (error) => {
    assert.ok(error instanceof EvenkeelError && error.code === 'EK_LAB_NOT_READY');
    assert.match(error.message, /^pod web-\S+ keeps ending \(exit code 3\) before it is ready$/);
    assert.match(error.hint, /this pod does not like it here/);
    return true;
  });
});

test('a program that does not exist is told by name', async (t) => {
  const lab = await startLab(t, { restartBackoff: { initialMs: 1 } });
  lab.createDeployment({ name: 'web', template: testPod({}, { command: '/nowhere/program' }) });
  await assert.rejects(lab.ready('web'), (error) => {
    assert.ok(error instanceof EvenkeelError);
    assert.match(error.message, /exit code 127/);
    assert.match(error.hint, /\/nowhere\/program: /);
    return true;
  });
});

test('with a delay, endpoints follow the pods later', async (t) => {
  const lab = await startLab(t, { endpointDelayMs: 150 });
  await lab.createService({ name: 'web', ports: [{ port: 8080 }] });
  lab.createDeployment({ name: 'web', template: testPod() });
  const pod = await onePod(lab);
  const publishedAt = await new Promise<number>((resolve) => {
    lab.on('endpoints', ({ at }) => {
      const [service] = JSON.parse(readFileSync(lab.endpointsFile, 'utf8')).services;
      if (service.endpoints[0]?.ready === true) resolve(at);
    });
  });
  assert.ok(publishedAt - pod.readyAt! >= 149, String(publishedAt - pod.readyAt!));
});
