import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { type AdsServer, AdsTestClient, adsSotwPath, type Fault, typeUrls } from '../index.ts';
import { startFixture } from '../testing/fixture.ts';

const { cluster: cds, endpoint: eds } = typeUrls;
const kilobyte = 1024;

function names(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}-${index}`);
}

/** Bytes of which a server knows that clients make it hold them, once it has dealt with what was sent before. */
async function used(server: AdsServer, client: AdsTestClient): Promise<number> {
  for (const _turn of [1, 2]) await new Promise((resolve) => client.session.ping(resolve));
  return server.memory.usedBytes;
}

/** The beginning of a message of 4 MiB. */
function unfinished(bytes: number): Buffer {
  const message = Buffer.alloc(bytes);
  message.writeUInt32BE(4 * kilobyte * kilobyte, 1);
  return message;
}

test('whatever clients send, they make it hold no more than the budget, and the largest goes', async (t) => {
  const faults: Fault[] = [];
  const totalBytes = 4_000 * kilobyte;
  const { server, connect } = await startFixture(t, {
    memory: { totalBytes, connectionBytes: totalBytes },
    observer: { fault: (fault) => faults.push(fault) },
  });
  const victim = (await connect()).sotw();
  await victim.requestResponseAck(cds, ['a']);
  let most = 0;
  const attackers: Promise<unknown>[] = [];
  for (let number = 0; number < 12; number++) {
    const client = await connect();
    attackers.push(once(client.session, 'close').catch(() => {}));
    if (number % 3 === 0) client.call(adsSotwPath).sendRaw(unfinished(700 * kilobyte));
    else if (number % 3 === 1) client.sotw().request(eds, names(`n${number}`, 1_500));
    else client.sotw().request(`type/${'x'.repeat(1_000)}`, names(`${'y'.repeat(3_000)}`, 200));
    // It is served whatever the others do.
    await victim.requestResponseAck(cds, [`a${number}`]);
    most = Math.max(most, server.memory.usedBytes);
    assert.ok(server.memory.usedBytes <= totalBytes, `${server.memory.usedBytes}`);
  }
  await Promise.race(attackers);
  assert.ok(most > totalBytes * 0.7, `the budget can be used: ${most}`);
  assert.ok(faults.length > 0);
  for (const { reason, scope } of faults) assert.deepEqual([reason, scope], ['memory', 'connection']);
});

test('names, types, nodes and NACK texts are charged, and released when they are given up', async (t) => {
  const { server, connect } = await startFixture(t);
  const client = await connect();
  const ads = client.sotw();
  await ads.requestResponseAck(cds, ['a']);
  const before = await used(server, client);
  const grown = async (): Promise<number> => (await used(server, client)) - before;
  ads.request(eds, names('n', 1_000));
  assert.ok((await grown()) > 300_000, 'names');
  ads.request(eds, ['one']);
  assert.ok((await grown()) < 10_000);
  const other = (await connect({ node: { id: 'i'.repeat(900), metadata: { a: names('x'.repeat(50), 500) } } })).sotw();
  await other.requestResponseAck(cds, ['a']);
  assert.ok((await grown()) > 50_000, 'a node');
  await other.close();
  await ads.close();
  assert.ok((await used(server, client)) < before);
});

test('an unfinished message is charged with what it takes, not with what it says', async (t) => {
  const { server, connect } = await startFixture(t);
  const client = await connect();
  await client.sotw().requestResponseAck(cds, ['a']);
  const before = await used(server, client);
  const call = client.call(adsSotwPath);
  call.sendRaw(unfinished(10));
  assert.ok((await used(server, client)) - before < 10_000);
  call.sendRaw(Buffer.alloc(50 * kilobyte));
  const grown = (await used(server, client)) - before;
  assert.ok(grown > 50 * kilobyte && grown < 150 * kilobyte, `${grown}`);
});

test('a server of node:http2 that it is mounted on has the same budget', async (t) => {
  const faults: string[] = [];
  const { server } = await startFixture(t, {
    memory: { totalBytes: 1_000 * kilobyte, connectionBytes: 300 * kilobyte },
    observer: { fault: ({ reason }) => faults.push(reason) },
  });
  const mounted = createServer();
  server.mount(mounted);
  await once(mounted.listen(0, '127.0.0.1'), 'listening');
  t.after(() => mounted.close());
  const client = await AdsTestClient.connect(`http://127.0.0.1:${(mounted.address() as AddressInfo).port}`);
  const closed = once(client.session, 'close');
  client.session.on('error', () => {});
  client.sotw().request(eds, names('n', 2_000));
  await closed;
  assert.deepEqual(faults, ['memory']);
  assert.ok(server.memory.usedBytes < 100 * kilobyte);
});
