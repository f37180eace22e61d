import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { clientBootstrap } from '../bootstrap/client-bootstrap.ts';
import { EchoBackend } from './testing/echo-backend.ts';
import { type FileService, replaceEndpointFile } from './testing/endpoint-file.ts';
import { ServeProcess } from './testing/serve-process.ts';
import { XdsClient } from './testing/xds-client.ts';

const net = `127.${170 + (process.pid % 60)}.${process.pid % 250}`;

test('slow start: a new pod is seen by a part of real clients, then by all; the others are even, no call is lost', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'evenkeel-slow-start-'));
  t.after(() => rm(folder, { recursive: true }));
  const file = join(folder, 'endpoints.yaml');
  const addresses: string[] = [];
  let port = 0;
  for (let pod = 1; pod <= 4; pod++) {
    const backend = await EchoBackend.start(`${net}.${pod}`, port);
    t.after(() => backend.stop());
    port = backend.port;
    addresses.push(backend.address);
  }
  const warm = addresses.slice(0, 3);
  const fresh = addresses[3]!;
  const tell = (present: readonly string[]) =>
    replaceEndpointFile(file, [
      {
        ...{ name: 'orders', port, slowStart: '30s' },
        endpoints: present.map((address): FileService['endpoints'][number] => ({ address })),
      },
    ]);
  await tell(warm);
  const serve = new ServeProcess(['--endpoints', file, '--xds-listen', '127.0.0.1:0', '--admin-listen', '127.0.0.1:0']);
  t.after(() => serve.end('SIGKILL'));
  const { xds } = await serve.listening();
  await serve.ready();
  const clients: XdsClient[] = [];
  t.after(() => clients[0]?.close());
  for (let number = 0; number < 6; number++) {
    clients.push(new XdsClient(clientBootstrap({ server: xds, nodeId: `front-${number}` }, {}), clients[0]));
  }
  await Promise.all(clients.map((client) => client.callUntil('orders', warm)));
  await tell([...warm, fresh]);
  /** Clients that call the new pod, as it was after each round; a call that fails fails the test. */
  const seenBy: number[] = [];
  while (seenBy.at(-1) !== clients.length) {
    const calls = await Promise.all(clients.map((client) => client.calls('orders', 24)));
    seenBy.push(calls.filter((answered) => answered.has(fresh)).length);
  }
  t.diagnostic(
    `clients that called the new pod, round by round: ${[...new Set(seenBy)].join(', ')} of ${clients.length}`,
  );
  assert.ok(new Set(seenBy).size >= 3, 'not all at once');
  assert.deepEqual(
    seenBy,
    seenBy.toSorted((a, b) => a - b),
    'none loses it again',
  );
  await Promise.all(clients.map((client) => client.callUntil('orders', addresses)));
  assert.deepEqual(new Set((await clients[0]!.calls('orders', 40)).values()), new Set([10]));
});
