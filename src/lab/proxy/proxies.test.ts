import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, readFileSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { EndpointView, LabEndpoint } from '../endpoints.ts';
import { Reaper } from '../reaper.ts';
import { Proxies } from './proxies.ts';

const host = '127.29.200.1';

async function startProxies(t: TestContext): Promise<Proxies> {
  const reaper = new Reaper(mkdtempSync(join(tmpdir(), 'evenkeel-proxies-')));
  const proxies = new Proxies(1, reaper);
  t.after(async () => {
    await proxies.end();
    await reaper.close();
  });
  return proxies;
}

/** A pod that says its name to whoever connects. */
async function startPod(t: TestContext, name: string): Promise<number> {
  const server: Server = createServer((socket) => socket.end(name));
  server.listen({ host: '127.0.0.1', port: 0 });
  await once(server, 'listening');
  t.after(() => server.close());
  return (server.address() as { port: number }).port;
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen({ host, port: 0 });
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

function behind(service: string, pods: readonly string[]): EndpointView {
  const endpoints = pods.map(
    (pod): LabEndpoint => ({
      ...{ address: '127.0.0.1', pod, ready: true, serving: true, terminating: false },
      ...{ zone: 'zone-a', region: 'region-1', kubeNode: 'node-1' },
    }),
  );
  const record = { name: service, namespace: 'default', dnsName: service, headless: false, ports: [] };
  return new Map([[`default/${service}`, { service: record, endpoints }]]);
}

/** What comes over a connection, or the error's code. */
async function read(port: number): Promise<string> {
  const socket = connect({ host, port });
  let text = '';
  try {
    for await (const chunk of socket) text += chunk;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code!;
  }
  return text;
}

const open = async (proxies: Proxies, targetPort: number) => {
  const port = await freePort();
  return { port, id: await proxies.open({ service: 'default/web', host, port, targetPort, spread: 'pod' }) };
};

test('what was published is what a connection meets once the proxies are in step', async (t) => {
  const proxies = await startProxies(t);
  assert.equal(proxies.pid, undefined, 'nothing is started for nothing');
  await proxies.synced();
  const { port, id } = await open(proxies, await startPod(t, 'pod-1'));
  assert.equal(await read(port), 'ECONNRESET');
  proxies.publish(behind('web', ['pod-1']));
  await proxies.synced();
  assert.equal(await read(port), 'pod-1');
  proxies.publish(behind('web', []));
  await proxies.synced();
  assert.equal(await read(port), 'ECONNRESET');
  await proxies.close(id);
  assert.equal(await read(port), 'ECONNREFUSED');
});

test('an address that cannot be had is refused with the word of the system', async (t) => {
  const proxies = await startProxies(t);
  const { port } = await open(proxies, 1);
  await assert.rejects(proxies.open({ service: 'default/web', host, port, targetPort: 1, spread: 'pod' }), {
    code: 'EADDRINUSE',
  });
});

test('proxies that were killed come back as they were', async (t) => {
  const proxies = await startProxies(t);
  const { port } = await open(proxies, await startPod(t, 'pod-1'));
  proxies.publish(behind('web', ['pod-1']));
  await proxies.synced();
  const { pid } = proxies;
  process.kill(pid!, 'SIGKILL');
  // Asked before its end is noticed, and so answered by the next.
  await proxies.synced();
  assert.notEqual(proxies.pid, pid);
  assert.equal(await read(port), 'pod-1');
});

test('they get the processor as pods do, in a session of their own', async (t) => {
  const proxies = await startProxies(t);
  await open(proxies, 1);
  if (process.platform !== 'linux') return t.skip('sessions share the processor on Linux only');
  const session = (pid: number): string => readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')[3]!;
  assert.equal(session(proxies.pid!), String(proxies.pid));
  assert.notEqual(session(proxies.pid!), session(process.pid));
});

test('nothing is left of them at the end', async (t) => {
  const proxies = await startProxies(t);
  const { port } = await open(proxies, 1);
  const { pid } = proxies;
  await proxies.end();
  assert.throws(() => process.kill(pid!, 0), { code: 'ESRCH' });
  assert.equal(await read(port), 'ECONNREFUSED');
  await proxies.synced();
});
