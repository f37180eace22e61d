import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import { create, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { ManualClock } from '../clock.ts';
import { LoadStatsRequestSchema, LoadStatsResponseSchema } from '../gen/envoy/service/load_stats/v3/lrs_pb.ts';
import type { GrpcTestStream } from '../index.ts';
import { type LoadReport, LoadReportService, type LoadReportServiceOptions, type LoadStreamInfo } from '../index.ts';
import { type FixtureOptions, startFixture } from '../testing/fixture.ts';
import { loadReportPath } from './load-report-service.ts';

type Message = MessageInitShape<typeof LoadStatsRequestSchema>;

/** A server that hears reports, and what it heard. */
async function startListening(
  t: TestContext,
  options: Partial<LoadReportServiceOptions> = {},
  server: FixtureOptions = {},
) {
  const heard: [LoadReport, LoadStreamInfo][] = [];
  const ends: string[] = [];
  let arrived = Promise.withResolvers<void>();
  const fixture = await startFixture(t, server);
  const service = new LoadReportService({
    onReport: (report, stream) => {
      heard.push([report, stream]);
      arrived.resolve();
      arrived = Promise.withResolvers();
    },
    onClose: (_stream, { code }) => ends.push(`closed ${code}`),
    onRefused: (_peer, { code }) => ends.push(`refused ${code}`),
    ...options,
  });
  service.addTo(fixture.server.services);
  t.after(() => assert.equal(service.streams, 0));
  const client = await fixture.connect();
  return {
    ...fixture,
    service,
    heard,
    ends,
    client,
    next: () => arrived.promise,
    open: () => client.call(loadReportPath),
  };
}

function send(stream: GrpcTestStream, message: Message): void {
  stream.send(toBinary(LoadStatsRequestSchema, create(LoadStatsRequestSchema, message)));
}

const node = { id: 'client-1', userAgentName: 'test' };

test('the first message is answered once with the interval, and every further one is a report', async (t) => {
  const asked: string[] = [];
  const { open, heard, next, service } = await startListening(t, {
    intervalMs: ({ id }) => {
      asked.push(id);
      return 2_500;
    },
  });
  const stream = open();
  send(stream, { node });
  const answer = fromBinary(LoadStatsResponseSchema, await stream.receive());
  assert.equal(answer.sendAllClusters, true);
  assert.deepEqual([answer.loadReportingInterval?.seconds, answer.loadReportingInterval?.nanos], [2n, 500_000_000]);
  assert.equal(service.streams, 1);
  for (const calls of [3n, 4n]) {
    const reported = next();
    // Envoy says with every report who it is.
    send(stream, {
      node: { id: 'somebody else' },
      clusterStats: [
        {
          clusterName: 'shop/orders:80',
          upstreamLocalityStats: [{ locality: { subZone: '10.0.0.1:80' }, totalIssuedRequests: calls }],
        },
      ],
    });
    await reported;
  }
  assert.deepEqual(
    heard.map(([{ clusters }, info]) => [clusters[0]!.localities[0]!.issued, info.node.id, info.intervalMs]),
    [
      [3, 'client-1', 2_500],
      [4, 'client-1', 2_500],
    ],
  );
  assert.deepEqual(asked, ['client-1']);
  assert.equal(stream.unread, 0);
  assert.deepEqual(await stream.end(), { code: 0, message: '' });
});

test('no client is asked more often than once a second', async (t) => {
  const { open } = await startListening(t, { intervalMs: () => 0 });
  const stream = open();
  send(stream, { node });
  assert.equal(fromBinary(LoadStatsResponseSchema, await stream.receive()).loadReportingInterval?.seconds, 1n);
  await stream.end();
});

test('a client reports about the clusters that it may see; how many others it named is counted', async (t) => {
  const { open, heard, next } = await startListening(t, { access: () => (name) => name.startsWith('shop/') });
  const stream = open();
  const reported = next();
  send(stream, { node, clusterStats: [{ clusterName: 'shop/a' }, { clusterName: 'bank/b' }] });
  await reported;
  const [report] = heard[0]!;
  assert.deepEqual([report.clusters.map(({ name }) => name), report.hidden], [['shop/a'], 1]);
  await stream.end();
});

test('what is no report, has no node, or is beyond a bound ends its stream alone, and is counted', async (t) => {
  const { open, ends, service } = await startListening(t, { limits: { nodeBytes: 100, streams: 2 } });
  const good = open();
  send(good, { node });
  await good.receive();
  const cases: [code: number, act: (stream: GrpcTestStream) => void][] = [
    [3, (stream) => stream.send(Buffer.from('no message at all'))],
    [3, (stream) => send(stream, { clusterStats: [{ clusterName: 'a' }] })],
    [8, (stream) => send(stream, { node: { id: 'i'.repeat(200) } })],
    [3, (stream) => stream.send(Buffer.from([10, 1, 0xff]))],
    [12, (stream) => stream.sendRaw(Buffer.from([1, 0, 0, 0, 0]))],
  ];
  for (const [code, act] of cases) {
    const stream = open();
    act(stream);
    assert.equal((await stream.ended).code, code);
  }
  const second = open();
  send(second, { node });
  await second.receive();
  assert.equal((await open().ended).code, 8, 'a third stream');
  assert.equal(service.streams, 2);
  assert.deepEqual(
    ends,
    [3, 3, 8, 3, 12, 8].map((code) => `refused ${code}`),
  );
  await Promise.all([good.end(), second.end()]);
});

test('a client that floods loses its stream, however small its reports are; one that keeps to the interval does not', async (t) => {
  const { open, heard, ends } = await startListening(t, { limits: { burst: 5 } });
  const stream = open();
  send(stream, { node });
  for (let report = 0; report < 50; report++) send(stream, { clusterStats: [{ clusterName: 'a' }] });
  const { code, message } = await stream.ended;
  assert.equal(code, 8);
  assert.match(message, /more load reports than one in each interval/);
  assert.ok(heard.length <= 6, `${heard.length}`);
  assert.deepEqual(ends, ['refused 8', 'closed 8']);
});

test('a client whose interval is outdated is asked anew after its report, and no more than twenty at once', async (t) => {
  let intervalMs = 1_000;
  const { open, heard, ends, next } = await startListening(t, {
    intervalMs: () => intervalMs,
    isOutdated: (stream) => stream.intervalMs < intervalMs,
    clock: new ManualClock(),
  });
  const report = async (stream: GrpcTestStream): Promise<void> => {
    const reported = next();
    send(stream, { clusterStats: [{ clusterName: 'a' }] });
    await reported;
  };
  const streams = Array.from({ length: 21 }, () => open());
  for (const stream of streams) {
    send(stream, { node });
    await stream.receive();
  }
  await report(streams[0]!);
  assert.deepEqual(ends, []);
  intervalMs = 3_000;
  for (const stream of streams) await report(stream);
  for (const stream of streams.slice(0, 20)) assert.deepEqual(await stream.ended, { code: 0, message: '' });
  assert.deepEqual([heard.length, ends.length], [22, 20]);
  const again = open();
  send(again, { node });
  assert.equal(fromBinary(LoadStatsResponseSchema, await again.receive()).loadReportingInterval?.seconds, 3n);
  await report(again);
  assert.equal(ends.length, 20);
  await Promise.all([streams[20]!.end(), again.end()]);
});

test('what a stream makes it hold is charged to its connection, and released at its end', async (t) => {
  const { open, server, client } = await startListening(t);
  const used = async (): Promise<number> => {
    for (const _turn of [1, 2]) await new Promise((resolve) => client.session.ping(resolve));
    return server.memory.usedBytes;
  };
  const before = await used();
  const streams = Array.from({ length: 10 }, () => open());
  for (const stream of streams) {
    send(stream, { node: { id: 'i'.repeat(1_000) } });
    await stream.receive();
  }
  assert.ok((await used()) - before > 10 * 4_000, 'charged');
  await Promise.all(streams.map((stream) => stream.cancel()));
  assert.ok((await used()) - before < 1_000, 'released');
});

test('streams end when the server closes, and clients come again', async (t) => {
  const { open, server, client } = await startListening(t);
  const stream = open();
  send(stream, { node });
  await stream.receive();
  const gone = once(client.session, 'close');
  await server.close();
  assert.equal((await stream.ended).code, 14);
  await gone;
});
