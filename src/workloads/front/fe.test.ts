import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { clientBootstrap } from '../../bootstrap/client-bootstrap.ts';
import { type FileService, replaceEndpointFile } from '../../controlplane/testing/endpoint-file.ts';
import { ServeProcess } from '../../controlplane/testing/serve-process.ts';
import { startEcho } from '../echo/echo.ts';
import { echoOptions } from '../echo/options.ts';
import { startChild } from '../testing/child.ts';
import { get } from '../testing/http.ts';
import { testSettings } from '../testing/settings.ts';

/** A backend on an address of its own; all of them on one port, as pods are. */
async function startPod(test: TestContext, podName: string, host: string, port: string): Promise<string> {
  const pod = await startEcho('be1-srv', testSettings(echoOptions, { podName, host, port }));
  test.after(() => pod.stop(0));
  return pod.addresses.grpc!.split(':')[1]!;
}

/** How many of the 15 lines each pod has; every line must be exactly one greeting. */
function linesByPod(body: string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const line of body.split('\n').slice(0, -1)) {
    const pod = /^Hello unary RPC msg from hostname (\S+)$/.exec(line)?.[1];
    assert.ok(pod !== undefined, line);
    counts[pod] = (counts[pod] ?? 0) + 1;
  }
  return counts;
}

test('the frontend of system E, through the real control plane', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'evenkeel-fe-'));
  t.after(() => rm(folder, { recursive: true }));
  const file = join(folder, 'endpoints.yaml');
  const net = `127.${100 + (process.pid % 60)}.9`;
  const port = await startPod(t, 'be1-a', `${net}.1`, '0');
  await startPod(t, 'be1-b', `${net}.2`, port);
  await startPod(t, 'be2-a', `${net}.3`, port);
  const service = (name: string, ...hosts: number[]): FileService => ({
    name,
    port: Number(port),
    endpoints: hosts.map((host) => ({ address: `${net}.${host}` })),
    healthCheck: { protocol: 'grpc', grpcService: 'echo.EchoServer' },
  });
  await replaceEndpointFile(file, [service('be1-srv', 1, 2), service('be2-srv', 3)]);
  const serve = new ServeProcess(['--endpoints', file, '--xds-listen', '127.0.0.1:0', '--admin-listen', '127.0.0.1:0']);
  t.after(() => serve.end('SIGKILL'));
  const { xds } = await serve.listening();
  await serve.ready();
  const bootstrap = clientBootstrap({ server: xds, namespace: 'default', nodeId: 'fe-1' });
  const fe = await startChild(t, ['fe', '--deadline-ms', '30000'], {
    GRPC_XDS_BOOTSTRAP_CONFIG: JSON.stringify(bootstrap),
    POD_NAME: 'fe-1',
  });
  const ask = async (path: string) => {
    const { status, headers, body } = await get(fe.ready.http!, path);
    assert.equal(status, 200, body);
    assert.equal(headers['evenkeel-pod'], 'fe-1');
    return linesByPod(body);
  };
  const askUntil = async (pods: number) => {
    while (Object.keys(await ask('/be1-srv')).length < pods);
    return ask('/be1-srv');
  };

  const two = await askUntil(2);
  assert.deepEqual(Object.values(two).sort(), [7, 8]);
  assert.deepEqual(await ask('/be2-srv'), { 'be2-a': 15 });

  await startPod(t, 'be1-c', `${net}.4`, port);
  await replaceEndpointFile(file, [service('be1-srv', 1, 2, 4), service('be2-srv', 3)]);
  assert.deepEqual(await askUntil(3), { 'be1-a': 5, 'be1-b': 5, 'be1-c': 5 });

  const { status, body } = await get(fe.ready.http!, '/be3-srv');
  assert.equal(status, 404);
  assert.deepEqual(JSON.parse(body), { error: 'nothing answers GET /be3-srv' });
});
