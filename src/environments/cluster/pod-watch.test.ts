import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { KubeConfig } from '@kubernetes/client-node';
import { logLines } from './driver-log.ts';
import { PodWatch } from './pod-watch.ts';

const labels = { 'app.kubernetes.io/name': 'be1' };

function pod(name: string, version: number, state: object = {}): object {
  return {
    metadata: { namespace: 'proof', name, labels, resourceVersion: String(version), ...state },
    status: { podIP: '10.0.0.1', conditions: [{ type: 'Ready', status: 'True' }] },
  };
}

/** An API server that answers as it is told here. */
async function answering(
  t: TestContext,
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<KubeConfig> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const config = new KubeConfig();
  config.loadFromClusterAndUser(
    { name: 'here', server: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, skipTLSVerify: true },
    { name: 'me' },
  );
  return config;
}

test('pods are told as they come and go, each change once, also when the watch breaks', async (t) => {
  let watches = 0;
  const config = await answering(t, ({ url = '' }, response) => {
    const query = new URL(url, 'http://api').searchParams;
    assert.equal(query.get('labelSelector'), 'evenkeel.dev/prove=true');
    if (query.get('watch') === null) {
      response.end(JSON.stringify({ metadata: { resourceVersion: '2' }, items: [pod('a', 1), pod('b', 2)] }));
      return;
    }
    watches += 1;
    const event = (type: string, object: object): boolean => response.write(`${JSON.stringify({ type, object })}\n`);
    if (watches === 1) {
      event('MODIFIED', pod('a', 3, { deletionTimestamp: '2026-01-01T00:00:00Z' }));
      response.end();
    } else if (watches === 2) {
      event('DELETED', pod('a', 4, { deletionTimestamp: '2026-01-01T00:00:00Z' }));
      event('ADDED', pod('c', 5));
    }
  });
  const watch = new PodWatch(config, 'proof');
  t.after(() => watch.stop());
  const told: string[] = [];
  watch.observe((change, { name }) => told.push(`${name} ${change}`));
  await watch.start();
  await watch.until(() => told.includes('c ready'));
  assert.deepEqual(told, ['a ready', 'b ready', 'a terminating', 'a ended', 'c ready']);
  assert.deepEqual(
    watch.pods('be1').map(({ name }) => name),
    ['b', 'c'],
  );
});

test('pods that may not be read are an error that says what is missing', async (t) => {
  const config = await answering(t, (_, response) => {
    response.writeHead(403).end(JSON.stringify({ kind: 'Status', message: 'pods is forbidden' }));
  });
  const watch = new PodWatch(config, 'proof');
  t.after(() => watch.stop());
  await assert.rejects(watch.start(), { code: 'EK_KUBE_FORBIDDEN', message: /list pods in namespace proof/ });
});

test('a log is read line by line, wherever it is cut, and to its end', async (t) => {
  const config = await answering(t, ({ url }, response) => {
    assert.equal(url, '/api/v1/namespaces/proof/pods/driver/log?follow=true');
    const bytes = Buffer.from('first\nzwölf\nlast');
    const cut = bytes.indexOf('ö') + 1;
    response.write(bytes.subarray(0, cut), () => response.end(bytes.subarray(cut)));
  });
  const lines = await Array.fromAsync(logLines({ config, namespace: 'proof', pod: 'driver' }, t.signal));
  assert.deepEqual(lines, ['first', 'zwölf', 'last']);
});

test('a log that is not there is an error with what the API says', async (t) => {
  const config = await answering(t, (_, response) => {
    response.writeHead(400).end(JSON.stringify({ kind: 'Status', message: 'container is waiting to start' }));
  });
  const lines = logLines({ config, namespace: 'proof', pod: 'driver' }, t.signal);
  await assert.rejects(lines.next(), { code: 'EK_KUBE_ANSWER', message: /get pods\/log .*waiting to start/ });
});
