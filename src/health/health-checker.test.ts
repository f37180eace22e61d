import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer as createHttp2Server } from 'node:http2';
import { type AddressInfo, createServer } from 'node:net';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { ManualClock } from '../base/clock.ts';
import { HealthChecker } from './health-checker.ts';
import type { Probe, ProbeResult } from './probe.ts';
import { type HealthTarget, targetKey } from './target.ts';

const settings = { intervalMs: 2_000, timeoutMs: 1_000, rise: 2, fall: 3, jitter: 0 };
const good: ProbeResult = { ok: true, reason: 'SERVING' };
const bad: ProbeResult = { ok: false, reason: 'NOT_SERVING' };

function target(number: number, grpcService = 'echo.EchoServer'): HealthTarget {
  return { address: `127.0.0.${number}`, port: 50051, policy: { protocol: 'grpc', grpcService } };
}

/** A probe whose checks end when the test says so. */
class HeldProbe implements Probe {
  readonly open: { target: HealthTarget; end: (result: ProbeResult) => void; signal: AbortSignal }[] = [];
  readonly forgotten: string[] = [];

  check(target: HealthTarget, signal: AbortSignal): Promise<ProbeResult> {
    return new Promise((end) => this.open.push({ target, end, signal }));
  }

  forget(target: HealthTarget): void {
    this.forgotten.push(targetKey(target));
  }

  /** Ends every check in progress. */
  async end(resultOf: (target: HealthTarget) => ProbeResult): Promise<void> {
    for (const { target, end } of this.open.splice(0)) end(resultOf(target));
    await turn();
  }
}

function setUp(options: { maxInFlight?: number } = {}) {
  const clock = new ManualClock();
  const probe = new HeldProbe();
  const events: string[] = [];
  const checks: string[] = [];
  const checker = new HealthChecker({
    settings,
    clock,
    probes: { grpc: probe, tcp: probe },
    ...options,
    observer: {
      changed: ({ target, groups, state, previous, reason }) =>
        events.push(`${target.address} ${previous} → ${state} (${reason}) for ${groups.join('+')}`),
      settled: (group) => events.push(`${group} settled`),
      checked: ({ address }, { reason }, durationMs) => checks.push(`${address} ${reason} in ${durationMs} ms`),
    },
  });
  return { clock, probe, checker, checks, heard: () => events.splice(0) };
}

test('a target is checked at once, then at the interval', async () => {
  const { clock, probe, checker, heard } = setUp();
  checker.setTargets('a', [target(1)]);
  assert.equal(probe.open.length, 1);
  assert.equal(checker.stateOf(target(1)), 'unknown');
  await probe.end(() => good);
  assert.deepEqual(heard(), ['127.0.0.1 unknown → healthy (SERVING) for a', 'a settled']);
  clock.advance(1_999);
  assert.equal(probe.open.length, 0);
  clock.advance(1);
  assert.equal(probe.open.length, 1);
  await probe.end(() => good);
  assert.deepEqual(heard(), [], 'a verdict that stays is not told again');
});

test('a target falls and rises by the thresholds', async () => {
  const { clock, probe, checker, heard } = setUp();
  checker.setTargets('a', [target(1)]);
  for (const result of [good, bad, bad, good, bad, bad]) {
    await probe.end(() => result);
    clock.advance(2_000);
  }
  assert.equal(heard().length, 2);
  await probe.end(() => bad);
  assert.deepEqual(heard(), ['127.0.0.1 healthy → unhealthy (NOT_SERVING) for a']);
  clock.advance(2_000);
  await probe.end(() => good);
  assert.equal(checker.stateOf(target(1)), 'unhealthy');
  clock.advance(2_000);
  await probe.end(() => good);
  assert.deepEqual(heard(), ['127.0.0.1 unhealthy → healthy (SERVING) for a']);
});

test('a check that does not end in time has failed and is given up', async () => {
  const { clock, probe, checker, heard } = setUp();
  checker.setTargets('a', [target(1)]);
  const [held] = probe.open;
  clock.advance(1_000);
  await turn();
  assert.deepEqual(heard(), ['127.0.0.1 unknown → unhealthy (no answer in 1000 ms) for a', 'a settled']);
  assert.equal(held!.signal.aborted, true);
  held!.end(good);
  await turn();
  assert.deepEqual(heard(), [], 'a late answer counts for nothing');
});

test('a probe that throws is a failed check', async () => {
  const told: string[] = [];
  const broken: Probe = { check: () => Promise.reject(new Error('no route')), forget: () => {} };
  const checker = new HealthChecker({
    settings,
    clock: new ManualClock(),
    probes: { grpc: broken, tcp: broken },
    observer: { changed: ({ state, reason }) => told.push(`${state}: ${reason}`), settled: () => {} },
  });
  checker.setTargets('a', [target(1)]);
  await turn();
  assert.deepEqual(told, ['unhealthy: no route']);
});

test('a group settles with the verdict on its last target', async () => {
  const { probe, checker, heard } = setUp();
  checker.setTargets('a', [target(1), target(2)]);
  const [first, second] = probe.open.splice(0);
  first!.end(good);
  await turn();
  assert.equal(checker.isSettled('a'), false);
  second!.end(bad);
  await turn();
  assert.equal(checker.isSettled('a'), true);
  assert.deepEqual(heard().at(-1), 'a settled');
});

test('a group settles without verdicts once the time for it is over', async () => {
  const { clock, checker, heard } = setUp({ maxInFlight: 0 });
  checker.setTargets('a', [target(1)]);
  clock.advance(1_999);
  assert.equal(checker.isSettled('a'), false);
  clock.advance(1);
  assert.deepEqual(heard(), ['a settled']);
  assert.equal(checker.isSettled('a'), true);
});

test('a settled group stays so when a target is added', async () => {
  const { probe, checker, heard } = setUp();
  checker.setTargets('a', [target(1)]);
  await probe.end(() => good);
  checker.setTargets('a', [target(1), target(2)]);
  assert.equal(checker.isSettled('a'), true);
  await probe.end(() => good);
  assert.equal(heard().filter((event) => event === 'a settled').length, 1);
});

test('a target that stays keeps its verdict and its schedule', async () => {
  const { clock, probe, checker } = setUp();
  checker.setTargets('a', [target(1)]);
  await probe.end(() => good);
  clock.advance(1_500);
  checker.setTargets('a', [target(1), target(2)]);
  assert.equal(checker.stateOf(target(1)), 'healthy');
  assert.deepEqual(
    probe.open.map(({ target }) => target.address),
    ['127.0.0.2'],
  );
  clock.advance(500);
  assert.equal(probe.open.length, 2);
});

test('a target that several groups name is checked once and told for all', async () => {
  const { clock, probe, checker, heard } = setUp();
  checker.setTargets('a', [target(1)]);
  checker.setTargets('b', [target(1)]);
  assert.equal(probe.open.length, 1);
  await probe.end(() => good);
  assert.deepEqual(heard(), ['127.0.0.1 unknown → healthy (SERVING) for a+b', 'a settled', 'b settled']);
  checker.setTargets('c', [target(1)]);
  assert.equal(checker.isSettled('c'), false, 'it is told, not known beforehand');
  clock.advance(0);
  assert.deepEqual(heard(), ['c settled']);
  for (const group of ['a', 'b']) checker.setTargets(group, []);
  assert.deepEqual(probe.forgotten, []);
  checker.setTargets('c', []);
  assert.deepEqual(probe.forgotten, [targetKey(target(1))]);
  assert.equal(clock.pending, 0);
});

test('the same address is another target with another policy', () => {
  const { probe, checker } = setUp();
  checker.setTargets('a', [
    target(1),
    target(1, 'other'),
    target(1, ''),
    { ...target(1), policy: { protocol: 'tcp', grpcService: '' } },
  ]);
  assert.equal(probe.open.length, 4);
});

test('every check is reported with the time that it took', async () => {
  const { clock, probe, checker, checks } = setUp();
  clock.advance(5_000);
  checker.setTargets('a', [target(1)]);
  clock.advance(300);
  await probe.end(() => good);
  clock.advance(3_000);
  await turn();
  assert.deepEqual(checks, ['127.0.0.1 SERVING in 300 ms', '127.0.0.1 no answer in 1000 ms in 1000 ms']);
});

test('a group without targets has nothing to wait for', () => {
  const { checker } = setUp();
  checker.setTargets('a', []);
  assert.equal(checker.isSettled('a'), true);
  assert.equal(checker.stateOf(target(1)), 'unknown');
  checker.setTargets('a', [target(1)]);
  assert.equal(checker.isSettled('a'), false);
  checker.setTargets('a', []);
  assert.equal(checker.isSettled('a'), true);
});

test('a target that was added later leaves with its group', async () => {
  const { probe, checker } = setUp();
  checker.setTargets('a', [target(1)]);
  checker.setTargets('a', [target(1), target(2)]);
  await probe.end(() => good);
  checker.setTargets('a', []);
  assert.deepEqual(probe.forgotten, [targetKey(target(1)), targetKey(target(2))]);
  assert.deepEqual(checker.snapshot(), []);
});

test('a target that goes away before its turn is not checked', async () => {
  const { probe, checker } = setUp({ maxInFlight: 1 });
  checker.setTargets('a', [target(1), target(2), target(3)]);
  checker.setTargets('a', [target(1), target(3)]);
  await probe.end(() => good);
  assert.deepEqual(
    probe.open.map(({ target }) => target.address),
    ['127.0.0.3'],
  );
});

test('a target that goes away in the middle of a check is not told of', async () => {
  const { clock, probe, checker, heard } = setUp();
  checker.setTargets('a', [target(1)]);
  const [held] = probe.open;
  checker.setTargets('a', []);
  assert.equal(held!.signal.aborted, true);
  await probe.end(() => good);
  clock.advance(0);
  assert.deepEqual(heard(), []);
  assert.equal(clock.pending, 0);
});

test('no more checks than allowed are in flight, and all have their turn', async () => {
  const { probe, checker } = setUp({ maxInFlight: 3 });
  const targets = Array.from({ length: 10 }, (_, index) => target(index));
  checker.setTargets('a', targets);
  const seen: string[] = [];
  while (probe.open.length > 0) {
    assert.ok(probe.open.length <= 3);
    await probe.end(({ address }) => {
      seen.push(address);
      return good;
    });
  }
  assert.deepEqual(
    seen,
    targets.map(({ address }) => address),
  );
});

test('after stop nothing is told and nothing is left', async () => {
  const { clock, probe, checker, heard } = setUp();
  checker.setTargets('a', [target(1), target(2)]);
  await probe.end(() => good);
  clock.advance(2_000);
  heard();
  const stopped = checker.stop();
  await probe.end(() => bad);
  await stopped;
  checker.setTargets('a', [target(3)]);
  clock.advance(10_000);
  assert.deepEqual(heard(), []);
  assert.deepEqual(checker.snapshot(), []);
  assert.deepEqual(probe.open, []);
  assert.equal(clock.pending, 0);
  assert.deepEqual(probe.forgotten, [targetKey(target(1)), targetKey(target(2))]);
});

test('stop waits for no probe, starts none and reports no group as settled', async () => {
  const { clock, probe, checker, heard } = setUp({ maxInFlight: 1 });
  checker.setTargets('a', [target(1)]);
  await probe.end(() => good);
  checker.setTargets('b', [target(1)]);
  checker.setTargets('c', [target(2), target(3)]);
  heard();
  await checker.stop();
  clock.advance(10_000);
  assert.deepEqual(heard(), []);
  assert.deepEqual(
    probe.open.map(({ target, signal }) => [target.address, signal.aborted]),
    [['127.0.0.2', true]],
  );
});

test('without probes of its own the checker makes real connections', async (t) => {
  const told: string[] = [];
  const settled = Promise.withResolvers<string>();
  const checker = new HealthChecker({
    settings,
    observer: { changed: ({ state, reason }) => told.push(`${state}: ${reason}`), settled: settled.resolve },
  });
  t.after(() => checker.stop());
  const tcp = createServer((socket) => socket.destroy());
  const grpc = createHttp2Server((_request, response) => response.writeHead(404).end());
  const targets = [];
  for (const [protocol, server] of [
    ['tcp', tcp],
    ['grpc', grpc],
  ] as const) {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    t.after(() => server.close());
    const { port } = server.address() as AddressInfo;
    targets.push({ address: '127.0.0.1', port, policy: { protocol, grpcService: '' } });
  }
  checker.setTargets('a', targets);
  await settled.promise;
  assert.deepEqual(told.sort(), ['healthy: connected', 'unhealthy: not a gRPC server: HTTP status 404']);
});

test('the snapshot says what was seen and for how long', async () => {
  const { clock, probe, checker } = setUp();
  clock.advance(5_000);
  checker.setTargets('a', [target(1), target(2)]);
  await probe.end(({ address }) => (address === '127.0.0.1' ? bad : good));
  clock.advance(100);
  await probe.end(() => bad);
  assert.deepEqual(checker.snapshot(), [
    {
      target: target(1),
      groups: ['a'],
      state: 'unhealthy',
      reason: 'NOT_SERVING',
      forMs: 100,
      succeeded: 0,
      failed: 2,
    },
    {
      target: target(2),
      groups: ['a'],
      state: 'healthy',
      reason: 'SERVING',
      forMs: 100,
      succeeded: 1,
      failed: 0,
    },
  ]);
});
