import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parse } from 'yaml';
import { EvenkeelError } from '../base/errors.ts';
import { get, startLab, testPod } from './testdata/start.ts';

function hasCode(code: string) {
  return (error: unknown): boolean => error instanceof EvenkeelError && error.code === code;
}

test('a deployment becomes ready pods on addresses of their own, on the same port, spread over machines', async (t) => {
  const lab = await startLab(t, { seed: 3 });
  lab.createDeployment({ name: 'web', replicas: 3, template: testPod() });
  const pods = await lab.ready('web');

  assert.equal(pods.length, 3);
  assert.equal(new Set(pods.map(({ ip }) => ip)).size, 3);
  assert.deepEqual(pods.map(({ kubeNode }) => kubeNode).sort(), ['node-1', 'node-2', 'node-3']);
  for (const pod of pods) {
    assert.match(pod.name, /^web-[a-z0-9]+-[a-z0-9]{5}$/);
    assert.ok(pod.ip.startsWith(`${lab.prefix}.`));
    assert.equal(await get(`${pod.ip}:8080`), pod.name);
    assert.ok(pod.createdAt <= pod.startedAt! && pod.startedAt! <= pod.readyAt!);
  }
});

test('the same seed gives the same names', async (t) => {
  const names = async (): Promise<string[]> => {
    const lab = await startLab(t, { seed: 42 });
    lab.createDeployment({ name: 'web', replicas: 2, template: testPod() });
    return (await lab.ready('web')).map(({ name }) => name);
  };
  assert.deepEqual(...((await Promise.all([names(), names()])) as [string[], string[]]));
});

test('a pod knows itself and the Services that existed when it started', async (t) => {
  const lab = await startLab(t);
  const before = await lab.createService({ name: 'before-srv', ports: [{ name: 'http', port: 7000 }] });
  lab.createDeployment({ name: 'web', template: testPod({ URL: 'http://$(POD_IP):$(HTTP_PORT)/' }) });
  const [pod] = await lab.ready('web');
  await lab.createService({ name: 'after-srv', ports: [{ port: 7000 }] });

  const env = JSON.parse(await get(`${pod!.ip}:8080`, '/env'));
  assert.equal(env.POD_NAME, pod!.name);
  assert.equal(env.POD_IP, pod!.ip);
  assert.equal(env.NODE_NAME, pod!.kubeNode);
  assert.equal(env.EVENKEEL_ZONE, pod!.zone);
  assert.equal(env.EVENKEEL_DNS, lab.dnsAddress);
  assert.equal(env.URL, `http://${pod!.ip}:8080/`);
  assert.equal(env.BEFORE_SRV_SERVICE_HOST, before.clusterIp);
  assert.equal(env.BEFORE_SRV_SERVICE_PORT_HTTP, '7000');
  assert.equal(env.AFTER_SRV_SERVICE_HOST, undefined);

  // A container that starts again sees what there is then, as in Kubernetes.
  lab.kill(pod!.name);
  await lab.waitFor('the restart', () => lab.pod(pod!.name).restarts === 1 && lab.pod(pod!.name).ready);
  assert.equal('AFTER_SRV_SERVICE_HOST' in JSON.parse(await get(`${pod!.ip}:8080`, '/env')), true);
});

test('the endpoint file has every Service and the conditions of every pod', async (t) => {
  const lab = await startLab(t);
  const read = () => parse(readFileSync(lab.endpointsFile, 'utf8'));
  assert.deepEqual(read(), { apiVersion: 'evenkeel.dev/v1', kind: 'Endpoints', services: [] });

  await lab.createService({
    name: 'web-srv',
    headless: true,
    selector: { app: 'web' },
    ports: [{ name: 'grpc', port: 80, targetPort: 8080, appProtocol: 'grpc' }],
    healthCheck: { protocol: 'grpc', grpcService: 'echo.EchoServer' },
  });
  lab.createDeployment({ name: 'web', replicas: 2, template: testPod() });
  const pods = await lab.ready('web');
  const [service] = read().services;
  assert.deepEqual(service, {
    namespace: 'default',
    name: 'web-srv',
    ports: [{ name: 'grpc', port: 80, targetPort: 8080, appProtocol: 'grpc' }],
    endpoints: pods.map(({ ip, name, zone, region, kubeNode }) => ({
      address: ip,
      pod: name,
      ready: true,
      serving: true,
      terminating: false,
      zone,
      region,
      kubeNode,
      weight: 1,
    })),
    healthCheck: { protocol: 'grpc', grpcService: 'echo.EchoServer' },
  });

  await lab.deleteService('web-srv');
  assert.deepEqual(read().services, []);
});

test('scaling in takes pods away, scaling out adds some with new addresses', async (t) => {
  const lab = await startLab(t);
  lab.createDeployment({ name: 'web', replicas: 3, template: testPod() });
  const before = await lab.ready('web');
  lab.scale('web', 1);
  const [left] = await lab.settled('web');
  assert.ok(before.some(({ name }) => name === left!.name));
  assert.equal(lab.endedPods().length, 2);
  lab.scale('web', 3);
  const after = await lab.settled('web');
  const known = new Set(before.map(({ ip }) => ip));
  assert.deepEqual(
    after.filter(({ ip }) => known.has(ip)).map(({ name }) => name),
    [left!.name],
  );
});

test('deleting a deployment ends its pods', async (t) => {
  const lab = await startLab(t);
  lab.createDeployment({ name: 'web', replicas: 2, template: testPod() });
  await lab.ready('web');
  await lab.deleteDeployment('web');
  assert.deepEqual(lab.pods(), []);
  assert.deepEqual(lab.deployments(), []);
});

test('names that do not exist are errors that say what exists', async (t) => {
  const lab = await startLab(t);
  lab.createDeployment({ name: 'web', template: testPod() });
  const [pod] = await lab.ready('web');
  assert.throws(() => lab.scale('wbe', 2), {
    code: 'EK_LAB_UNKNOWN_NAME',
    message: 'there is no deployment wbe; there are: web',
  });
  assert.throws(() => lab.kill('x'), {
    code: 'EK_LAB_UNKNOWN_NAME',
    message: `there is no pod x; there are: ${pod!.name}`,
  });
  assert.throws(() => lab.service('x'), {
    code: 'EK_LAB_UNKNOWN_NAME',
    message: 'there is no Service x; there are: none',
  });
  assert.throws(() => lab.undo('web'), hasCode('EK_LAB_UNKNOWN_NAME'));
  assert.throws(() => lab.scale('web', -1), hasCode('EK_LAB_SPEC'));
  assert.throws(() => lab.scale('web', 1.5), hasCode('EK_LAB_SPEC'));
  assert.throws(() => lab.createDeployment({ name: 'web', template: {} }), hasCode('EK_LAB_SPEC'));
  assert.throws(() => lab.createDeployment({ name: 'We_b', template: {} }), hasCode('EK_LAB_SPEC'));
  await assert.rejects(lab.createService({ name: 'web', ports: [] }), hasCode('EK_LAB_SPEC'));
  await assert.rejects(lab.createService({ name: 'web', ports: [{ port: 80 }, { port: 81 }] }), hasCode('EK_LAB_SPEC'));
  await assert.rejects(lab.createService({ name: 'web', ports: [{ port: 70_000 }] }), hasCode('EK_LAB_SPEC'));
});

test('two labs run side by side; an id is given once', async (t) => {
  const [one, two] = await Promise.all([startLab(t), startLab(t)]);
  assert.notEqual(one.prefix, two.prefix);
  assert.notEqual(one.id, two.id);
  for (const lab of [one, two]) lab.createDeployment({ name: 'web', template: testPod() });
  const [[first], [second]] = await Promise.all([one.ready('web'), two.ready('web')]);
  assert.equal(await get(`${first!.ip}:8080`), first!.name);
  assert.equal(await get(`${second!.ip}:8080`), second!.name);

  const id = `twice-${process.pid}`;
  const results = await Promise.allSettled([startLab(t, { id }), startLab(t, { id })]);
  const started = results.filter(({ status }) => status === 'fulfilled');
  assert.ok(started.length <= 1, 'two labs with one id');
  if (started.length === 0) await startLab(t, { id });
  await assert.rejects(startLab(t, { id }), hasCode('EK_LAB_ID_TAKEN'));
  await assert.rejects(startLab(t, { id: 'no/way' }), hasCode('EK_LAB_SPEC'));
});

test('waiting ends with an error when the lab does', async (t) => {
  const lab = await startLab(t);
  lab.createDeployment({ name: 'web', template: testPod({}, { readiness: { tcp: { port: 1 } } }) });
  const waiting = assert.rejects(lab.ready('web'), hasCode('EK_LAB_STOPPED'));
  await lab.stop();
  await waiting;
  await lab.stopped;
  assert.throws(() => lab.createDeployment({ name: 'more', template: {} }), hasCode('EK_LAB_STOPPED'));
});
