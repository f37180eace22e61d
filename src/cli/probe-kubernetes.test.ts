import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type Output, outputOf } from '../base/testing/output-of.ts';
import { FakeApiServer } from '../discovery/kubernetes/testing/fake-api-server.ts';
import { serviceObject, sliceObject } from '../discovery/kubernetes/testing/objects.ts';
import { probeReportSchema } from '../probe/measure/report.ts';

const timeout = 240_000;
const main = fileURLToPath(new URL('./main.ts', import.meta.url));

async function startPod(name: string): Promise<{ child: ChildProcess; port: number }> {
  const flags = ['workload', 'be1-srv', '--host', '127.0.0.1', '--port', '0', '--admin-port', '0'];
  const child = spawn(process.execPath, [main, ...flags], {
    env: { ...process.env, POD_NAME: name },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(createInterface({ input: child.stdout! }), 'line')) as [string];
  return { child, port: Number((JSON.parse(line) as { grpc: string }).grpc.split(':')[1]) };
}

test('kubernetes:/// follows the EndpointSlices of the API, while calls are made', { timeout }, async (t) => {
  const api = await FakeApiServer.start();
  const pods = await Promise.all(['pod-a', 'pod-b', 'pod-c'].map(startPod));
  const folder = mkdtempSync(join(tmpdir(), 'evenkeel-probe-kube-'));
  t.after(async () => {
    for (const { child } of pods) child.kill('SIGKILL');
    await api.stop();
    rmSync(folder, { recursive: true });
  });
  // One slice a pod: here each has a port of its own.
  const publish = (index: number): void => {
    const endpoint = { address: '127.0.0.1', ready: true, serving: true, pod: `pod-${'abc'[index]}` };
    const ports = [{ name: 'grpc', port: pods[index]!.port, protocol: 'TCP' }];
    api.apply('endpointslices', sliceObject('shop/orders', `${index}`, [endpoint], { ports }));
  };
  const ports = [
    { name: 'grpc-web', port: 8080, protocol: 'TCP' },
    { name: 'grpc', port: 50_051, protocol: 'TCP' },
  ];
  api.apply('services', serviceObject('shop/orders', { ports }));
  api.apply('services', serviceObject('shop/outside', { type: 'ExternalName' }));
  publish(0);
  publish(1);
  const kubeconfig = join(folder, 'config');
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'c',
    contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
    clusters: [{ name: 'c', cluster: { server: api.access.server } }],
    users: [{ name: 'u', user: {} }],
  };
  writeFileSync(kubeconfig, JSON.stringify(config));

  const run = async (
    target: string,
    args: readonly string[],
    during: (stderr: string, child: ChildProcess) => void = () => {},
  ): Promise<Output> => {
    const flags = [
      '--policy',
      'round_robin',
      '--deadline',
      '60s',
      '--connect-timeout',
      '60s',
      '--warmup',
      '0',
      '--json',
    ];
    const child = spawn(process.execPath, [main, 'probe', target, ...flags, ...args], {
      env: { ...process.env, KUBECONFIG: kubeconfig },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return outputOf(child, ({ stderr }) => during(stderr, child));
  };

  let grown = false;
  const calls = ['--method', 'echo.EchoServer/SayHello', '--rate', '50', '--calls', '500', '--max-converge', '60s'];
  const { code, stdout, stderr } = await run('kubernetes:///orders.shop', calls, (stderr) => {
    if (grown || !/^calling/m.test(stderr)) return;
    grown = true;
    publish(2);
  });
  assert.equal(code, 0, stderr);
  const report = probeReportSchema.parse(JSON.parse(stdout));
  assert.deepEqual([report.backends.source, report.backends.expected, report.failed], ['endpointslices', 3, 0]);
  assert.deepEqual(
    report.backends.list.map(({ name }) => name),
    ['pod-a', 'pod-b', 'pod-c'],
  );
  assert.deepEqual(
    report.changes.map(({ event, backend }) => `${backend} ${event}`),
    ['pod-c came'],
  );
  assert.equal(report.verdict, 'balanced', 'judged from when the new pod had its first call');
  assert.match(stderr, /gate passed: changes of backends are followed within 1 min\n$/);

  const wrongPort = await run('kubernetes:///orders.shop:http', []);
  assert.deepEqual(
    [wrongPort.code, /It has 8080 \(grpc-web\), 50051 \(grpc\)/.test(wrongPort.stderr)],
    [2, true],
    wrongPort.stderr,
  );
  const noPort = await run('kubernetes:///outside.shop', []);
  assert.deepEqual([noPort.code, /outside has no port.*ExternalName/s.test(noPort.stderr)], [2, true], noPort.stderr);
  const wrongName = await run('kubernetes:///carts.shop:grpc', []);
  assert.match(wrongName.stderr, /no Service carts in the namespace shop/);
});
