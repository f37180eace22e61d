import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { create, toBinary } from '@bufbuild/protobuf';
import { LoadStatsRequestSchema } from '../gen/envoy/service/load_stats/v3/lrs_pb.ts';
import {
  type AdsServer,
  AdsTestClient,
  type AdsTestClientOptions,
  adsSotwPath,
  type Fault,
  LoadReportService,
  loadReportPath,
  typeUrls,
} from '../index.ts';
import type { GrpcTestStream } from '../test-client/grpc-stream.ts';
import { cluster, startFixture } from '../testing/fixture.ts';

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

/** Says who it is, and reports. */
function report(stream: GrpcTestStream): void {
  for (const message of [{ node: { id: 'i' } }, { clusterStats: [{ clusterName: 'a' }] }]) {
    stream.send(toBinary(LoadStatsRequestSchema, create(LoadStatsRequestSchema, message)));
  }
}

test('by every way at once the budget is used to its end, and never passed', async (t) => {
  const totalBytes = 4_000 * kilobyte;
  const faults: string[] = [];
  const { cache, server, connect } = await startFixture(t, {
    memory: { totalBytes, connectionBytes: totalBytes },
    observer: { fault: ({ reason }) => faults.push(reason) },
  });
  cache.update({ set: names('cluster', 20).map((name) => cluster(name)) });
  new LoadReportService({ onReport: (_report, { hold }) => hold(16 * kilobyte) }).addTo(server.services);
  let most = 0;
  /** Until the server has dealt with what a client sent, or has ended its connection. */
  const look = async (client: AdsTestClient): Promise<void> => {
    await used(server, client).catch(() => {});
    most = Math.max(most, server.memory.usedBytes);
    assert.ok(server.memory.usedBytes <= totalBytes, `${server.memory.usedBytes}`);
  };
  const metadata = { a: names('x'.repeat(50), 200) };
  const ways: readonly [what: string, options: AdsTestClientOptions, (client: AdsTestClient) => unknown][] = [
    ['an unfinished message', {}, (client) => client.call(adsSotwPath).sendRaw(unfinished(60 * kilobyte))],
    ['names', {}, (client) => client.sotw().request(eds, names('n', 400))],
    ['types', {}, (client) => names('t'.repeat(900), 30).map((type) => client.sotw().request(type, ['a']))],
    ['NACK texts', {}, (client) => client.sotw().requestResponseNack(cds, [], 'x'.repeat(4_000))],
    ['a node', { node: { id: 'i', metadata } }, (client) => client.sotw().requestResponseAck(cds)],
    ['unread answers', { http2: { settings: { initialWindowSize: 0 } } }, (client) => client.sotw().request(cds)],
    ['a load report', {}, (client) => client.call(loadReportPath).sendRaw(unfinished(60 * kilobyte))],
    ['what a load report comes to', {}, (client) => report(client.call(loadReportPath))],
  ];
  for (const [what, options, hold] of ways) {
    const before = server.memory.usedBytes;
    const client = await connect(options);
    await hold(client);
    await look(client);
    assert.ok(server.memory.usedBytes - before > 8 * kilobyte, what);
  }
  // What is left in ever smaller pieces, none larger than a window; the last one is one too many.
  const filler = await connect();
  while (faults.length === 0) {
    const left = totalBytes - server.memory.usedBytes;
    filler.call(adsSotwPath).sendRaw(unfinished(Math.round(Math.max(1_000, Math.min(60 * kilobyte, left / 8)))));
    await look(filler);
  }
  assert.deepEqual([...new Set(faults)], ['memory']);
  assert.ok(most > totalBytes * 0.99, `${most}`);
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
