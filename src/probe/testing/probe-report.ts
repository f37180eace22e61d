import { type ProbeReport, probeReportSchema } from '../measure/report.ts';

const latency = (p50: number, p99: number) => ({ p50, p90: p50 * 2, p99, p999: p99, max: p99, mean: p50 });

/** A report of a run of ten seconds with three backends, one of which fails every call; checked against the schema. */
export function probeReport(more: Partial<ProbeReport> = {}): ProbeReport {
  const names = ['orders-7d9f8b6c5-x2k4q', 'orders-7d9f8b6c5-zz9pl', 'orders-canary-with-a-long-name-5f6d7c8b9-m4t7w'];
  const [first, second, third] = names as [string, string, string];
  const backend = (name: string, calls: number, failed: number) => ({
    ...{ name, calls, share: calls / 668, failed, failures: failed === 0 ? {} : { UNAVAILABLE: failed } },
    addresses: [],
    latencyMs: calls === 0 ? { ...noLatency } : latency(3.4, 20.12),
    latencyOfAllMs: failed === 0 ? latency(3.4, 20.12) : latency(1000, 1000),
  });
  return probeReportSchema.parse({
    ...{ schemaVersion: 1, kind: 'probe', startedAt: '2026-01-01T12:00:00.000Z', durationMs: 10_000 },
    ...{ target: 'dns:///orders.shop:50051', call: '/shop.Orders/Get' },
    conditions: {
      ...{ engine: 'channel', policy: 'round_robin', connections: 1, loop: 'open', arrivals: '100 calls/s' },
      ...{ deadlineMs: 1000, warmupMs: 1000, seed: 1, retries: false },
      versions: { evenkeel: '0.1.0', node: '26.0.0', '@grpc/grpc-js': '1.14.0' },
      machine: { os: 'Linux 6.1 x64', cpus: 4, memoryMiB: 8000 },
      command: "evenkeel probe dns:///orders.shop:50051 --method shop.Orders/Get --header 'authorization: …'",
    },
    identifier: { by: 'header:evenkeel-pod', found: true, why: 'its name says so, and it has 2 values that repeat' },
    backends: {
      ...{ expected: 3, source: 'dns', matched: 'address', reached: 2, silent: ['10.0.0.3:50051'], unexpected: [] },
      list: [backend(first, 334, 0), backend(second, 334, 0), backend(third, 0, 332)],
    },
    ...{
      calls: 1000,
      warmupCalls: 100,
      otherCalls: { samples: 24, reflection: true },
      failed: 332,
      failures: { UNAVAILABLE: 332 },
      notSent: 0,
      inFlight: 0,
    },
    errors: { UNAVAILABLE: 'the database is gone' },
    ratePerSecond: { intended: 100, achieved: 100 },
    latencyMs: latency(3.4, 20.12),
    latencyOfAllMs: { ...latency(3.4, 1000), p90: 1000 },
    saturation: { by: null, busy: 0.1, latestMs: 1.2, note: '' },
    ...{ verdict: 'partial', judgedFromMs: 0, maxSpread: 334, pValue: null, smallestSkewFound: 0.28 },
    why: `only 2 of 3 backends answered; ${third} was reached and fails every call`,
    do: 'look at the failures of that backend and at its log',
    changes: [{ event: 'came', backend: second, atMs: 2100, followedMs: 340 }],
    convergedMs: 340,
    seconds: Array.from({ length: 10 }, (_, index) => ({
      ...{ atMs: index * 1000, due: 100, failed: 33, notSent: 0 },
      answered: { [first]: 34, [second]: 33 },
      latencyMs: { p50: 3 + index / 5, p99: 20, max: 24 },
      latencyOfAllMs: { p50: 3 + index / 5, p99: 1000, max: 1000 },
    })),
    gate: [
      { expectation: 'balanced', met: false, seen: 'partial, only 2 of 3 backends answered' },
      { expectation: 'at most 0 calls fail', met: false, seen: '332 of 1000 (UNAVAILABLE 332)' },
      { expectation: 'changes of backends are followed within 2 s', met: true, seen: '340 ms' },
    ],
    interrupted: false,
    ...more,
  });
}

const noLatency = { p50: null, p90: null, p99: null, p999: null, max: null, mean: null };
