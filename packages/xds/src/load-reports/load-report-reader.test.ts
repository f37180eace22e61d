import assert from 'node:assert/strict';
import { test } from 'node:test';
import { create, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { millisecondsOf } from '../duration.ts';
import { type LoadStatsRequest, LoadStatsRequestSchema } from '../gen/envoy/service/load_stats/v3/lrs_pb.ts';
import { GrpcError, grpcStatus } from '../grpc/status.ts';
import { Random } from '../transport/testing/random.ts';
import { type ClusterLoad, defaultLoadReportLimits } from './load-report.ts';
import { LoadReportReader } from './load-report-reader.ts';

const rounds = Number(process.env.EVENKEEL_FUZZ_ROUNDS ?? 2_000);

function encode(request: MessageInitShape<typeof LoadStatsRequestSchema>): Uint8Array {
  return toBinary(LoadStatsRequestSchema, create(LoadStatsRequestSchema, request));
}

/** What the reader should make of a message, by the generated code. */
function expected({ clusterStats }: LoadStatsRequest): ClusterLoad[] {
  return clusterStats.map((cluster) => ({
    name: cluster.clusterName,
    serviceName: cluster.clusterServiceName,
    intervalMs: millisecondsOf(cluster.loadReportInterval) ?? 0,
    dropped: Number(cluster.totalDroppedRequests),
    localities: cluster.upstreamLocalityStats.map((one) => ({
      locality: {
        region: one.locality?.region ?? '',
        zone: one.locality?.zone ?? '',
        subZone: one.locality?.subZone ?? '',
      },
      priority: one.priority,
      issued: Number(one.totalIssuedRequests),
      succeeded: Number(one.totalSuccessfulRequests),
      failed: Number(one.totalErrorRequests),
      inProgress: Number(one.totalRequestsInProgress),
    })),
  }));
}

/** The same; undefined for what the generated code refuses, text that is not UTF-8 for example. */
function generatedClusters(bytes: Uint8Array): ClusterLoad[] | undefined {
  try {
    return expected(fromBinary(LoadStatsRequestSchema, bytes));
  } catch {
    return undefined;
  }
}

/** A message with everything that clients send, and what is passed over. */
function anyMessage(random: Random): MessageInitShape<typeof LoadStatsRequestSchema> {
  const text = (): string => random.pick(['', 'a', 'zone-b', 'ünïcode', '127.0.0.1:50051', 'x'.repeat(300)]);
  const count = (): bigint => BigInt(random.pick([0, 1, 127, 128, 70_000, 2 ** 31, 2 ** 32 + 5, 999_999_999_999]));
  const list = <Value>(most: number, make: () => Value): Value[] =>
    Array.from({ length: random.below(most + 1) }, make);
  return {
    ...(random.below(2) === 0 ? {} : { node: { id: text(), userAgentName: text() } }),
    clusterStats: list(3, () => ({
      clusterName: text(),
      clusterServiceName: text(),
      totalDroppedRequests: count(),
      droppedRequests: list(2, () => ({ category: text(), droppedCount: count() })),
      ...(random.below(3) === 0
        ? {}
        : { loadReportInterval: { seconds: BigInt(random.below(80_000)), nanos: random.below(1_000) * 1_000_000 } }),
      upstreamLocalityStats: list(4, () => ({
        ...(random.below(4) === 0 ? {} : { locality: { region: text(), zone: text(), subZone: text() } }),
        totalSuccessfulRequests: count(),
        totalRequestsInProgress: count(),
        totalErrorRequests: count(),
        totalIssuedRequests: count(),
        priority: random.below(3),
        loadMetricStats: list(2, () => ({ metricName: text(), totalMetricValue: random.below(100) / 7 })),
        upstreamEndpointStats: list(2, () => ({ totalErrorRequests: count() })),
      })),
    })),
  };
}

test('it reads what the generated code reads', () => {
  const reader = new LoadReportReader(defaultLoadReportLimits);
  for (let seed = 0; seed < rounds; seed++) {
    const bytes = encode(anyMessage(new Random(seed)));
    const generated = fromBinary(LoadStatsRequestSchema, bytes);
    const { node, clusters } = reader.read(bytes);
    assert.deepEqual(clusters, expected(generated), `seed ${seed}`);
    assert.equal(node === undefined, generated.node === undefined, `seed ${seed}`);
  }
});

test('whatever is damaged is refused with a status, or read, and nothing else happens', () => {
  const reader = new LoadReportReader(defaultLoadReportLimits);
  let refused = 0;
  let equal = 0;
  for (let seed = 0; seed < rounds; seed++) {
    const random = new Random(seed);
    const bytes = Buffer.from(encode(anyMessage(random)));
    const damaged = random.below(3) === 0 ? bytes.subarray(0, random.below(bytes.length + 1)) : bytes;
    for (let flips = random.below(4); flips > 0 && damaged.length > 0; flips--) {
      damaged[random.below(damaged.length)] = random.below(256);
    }
    let clusters: readonly ClusterLoad[];
    try {
      clusters = reader.read(damaged).clusters;
    } catch (thrown) {
      assert.ok(thrown instanceof GrpcError, `seed ${seed}: ${thrown}`);
      refused += 1;
      continue;
    }
    for (const { localities } of clusters) {
      for (const { issued } of localities) assert.ok(issued <= defaultLoadReportLimits.count);
    }
    equal += Number(JSON.stringify(clusters) === JSON.stringify(generatedClusters(damaged)));
  }
  assert.ok(refused > 0 && equal > 0, `${refused} refused, ${equal} read alike`);
});

test('unknown fields, and known ones of another type, are passed over', () => {
  const writer = new BinaryWriter();
  writer.tag(1, WireType.Varint).uint32(7);
  writer.tag(900, WireType.Bit64).fixed64(1n);
  writer.tag(901, WireType.Bit32).fixed32(1);
  const cluster = encode({ clusterStats: [{ clusterName: 'a' }] });
  const { node, clusters } = new LoadReportReader(defaultLoadReportLimits).read(
    Buffer.concat([writer.finish(), cluster]),
  );
  assert.equal(node, undefined);
  assert.deepEqual(
    clusters.map(({ name }) => name),
    ['a'],
  );
});

test('a negative interval, and one of more than a day, count as none', () => {
  const reader = new LoadReportReader(defaultLoadReportLimits);
  const intervals = [-1n, 90_000n, 60n].map((seconds) => {
    const bytes = encode({ clusterStats: [{ loadReportInterval: { seconds } }] });
    return reader.read(bytes).clusters[0]!.intervalMs;
  });
  assert.deepEqual(intervals, [0, 0, 60_000]);
});

test('beyond each bound a message is refused, and below it is read', () => {
  const limits = {
    ...defaultLoadReportLimits,
    clustersPerReport: 2,
    localitiesPerReport: 3,
    nameBytes: 20,
    count: 1_000,
  };
  const localities = (count: number) => Array.from({ length: count }, () => ({ totalIssuedRequests: 1n }));
  const good = [
    { clusterStats: [{ clusterName: 'a'.repeat(20) }, { upstreamLocalityStats: localities(3) }] },
    { clusterStats: [{ upstreamLocalityStats: [{ totalErrorRequests: 1_000n, locality: { zone: 'z'.repeat(18) } }] }] },
  ];
  const bad = [
    { clusterStats: [{}, {}, {}] },
    { clusterStats: [{ upstreamLocalityStats: localities(2) }, { upstreamLocalityStats: localities(2) }] },
    { clusterStats: [{ clusterName: 'a'.repeat(21) }] },
    { clusterStats: [{ clusterServiceName: 'a'.repeat(21) }] },
    { clusterStats: [{ upstreamLocalityStats: [{ locality: { zone: 'z'.repeat(19) } }] }] },
    { clusterStats: [{ totalDroppedRequests: 1_001n }] },
    { clusterStats: [{ upstreamLocalityStats: [{ totalSuccessfulRequests: 2n ** 64n - 1n }] }] },
  ];
  for (const message of good) assert.ok(new LoadReportReader(limits).read(encode(message)).clusters.length > 0);
  for (const message of bad) {
    assert.throws(
      () => new LoadReportReader(limits).read(encode(message)),
      (error) => error instanceof GrpcError && error.code === grpcStatus.resourceExhausted,
      JSON.stringify(message, (_key, value) => (typeof value === 'bigint' ? String(value) : value)),
    );
  }
});

test('a locality is decoded once, however many name it, and forgotten names are read again', () => {
  const reader = new LoadReportReader(defaultLoadReportLimits);
  const read = (zone: string) =>
    reader.read(encode({ clusterStats: [{ upstreamLocalityStats: [{ locality: { zone } }] }] })).clusters[0]!
      .localities[0]!.locality;
  const first = read('a');
  assert.equal(read('a'), first);
  for (let index = 0; index < 17_000; index++) read(`z${index}`);
  assert.deepEqual(read('a'), first);
});
