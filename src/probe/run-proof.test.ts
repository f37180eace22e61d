import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Counters } from '../verdict/count-check.ts';
import { type ProofOptions, parseProofOptions, type RawProofOptions } from './options.ts';
import { printReport } from './print/print-report.ts';
import { exitCodeOf, type MeasuredChange, type MeasuredScheme, type Report, reportSchema } from './report.ts';
import { runProof } from './run-proof.ts';
import { TestFixture } from './testing/test-fixture.ts';

/** Deadlines that a busy machine keeps; nothing here is about speed. */
function options(raw: RawProofOptions): ProofOptions {
  return parseProofOptions({ calls: '60', deadline: '20000', scaleTo: raw.replicas ?? '3', ...raw });
}

function measured(report: Report, scheme: string): MeasuredScheme {
  const row = report.schemes.find((other) => other.scheme === scheme)!;
  assert.equal(row.status, 'ok', JSON.stringify(row));
  return row as MeasuredScheme;
}

describe('one scheme after the other, real servers and real clients', { concurrency: true }, () => {
  test('every scheme gets the verdict that its way of connecting deserves', async (t) => {
    const fixture = await TestFixture.start(t, 3, 1);
    const schemes =
      'clusterip-http-new-connections,clusterip-http-keepalive,clusterip-grpc,headless-pick-first,headless-round-robin,xds';
    const report = await runProof(fixture, options({ schemes }));
    reportSchema.parse(report);

    const verdicts = report.schemes.map((row) =>
      row.status === 'ok' ? `${row.verdict} ${row.connections}` : row.status,
    );
    assert.deepEqual(verdicts, ['balanced 60', 'pinned 1', 'pinned 1', 'pinned 1', 'balanced 3', 'skipped']);

    const roundRobin = measured(report, 'headless-round-robin');
    assert.ok(roundRobin.maxSpread <= 1);
    assert.deepEqual(roundRobin.backends, {
      expected: 3,
      reached: 3,
      calls: { 'pod-1': 20, 'pod-2': 20, 'pod-3': 20 },
      byZone: [
        { name: 'zone-a', pods: 2, calls: 40 },
        { name: 'zone-b', pods: 1, calls: 20 },
      ],
      byNode: ['node-1', 'node-2', 'node-3'].map((name) => ({ name, pods: 1, calls: 20 })),
    });
    assert.ok(roundRobin.warmupCalls >= 3);
    assert.equal(roundRobin.failed, 0);
    assert.deepEqual(report.scaleOut, []);
    assert.equal(exitCodeOf(report), 0);
    assert.match(printReport(report), /xds +skipped/);
  });

  test('failed calls are counted by status and never smoothed', async (t) => {
    const fixture = await TestFixture.start(t, 2, 2, { failEvery: 10 });
    const report = await runProof(fixture, options({ schemes: 'headless-round-robin', replicas: '2' }));
    const row = measured(report, 'headless-round-robin');
    assert.equal(row.failures.UNAVAILABLE, row.failed);
    assert.ok(row.failed > 0);
    assert.equal(row.calls, 60);
    const answered = Object.values(row.backends.calls).reduce((sum, count) => sum + count, 0);
    assert.equal(answered + row.failed, 60);
  });
});

describe('what makes a measurement worthless is an error, not a figure', { concurrency: true }, () => {
  async function code(fixture: TestFixture, scheme = 'headless-round-robin'): Promise<string> {
    const report = await runProof(fixture, options({ schemes: scheme, replicas: String(fixture.pods.length) }));
    reportSchema.parse(report);
    const [row] = report.schemes;
    assert.equal(exitCodeOf(report), 3);
    return row?.status === 'error' ? row.code : 'none';
  }

  test('a backend that counted otherwise than the client', async (t) => {
    const fixture = await TestFixture.start(t, 2, 3);
    const honest = fixture.calls.bind(fixture);
    fixture.calls = async (scheme, run): Promise<Counters> => {
      const { readings, unreadable } = await honest(scheme, run);
      return {
        readings: readings.map((one, index) => ({ ...one, calls: one.calls + (index === 0 ? 1 : 0) })),
        unreadable,
      };
    };
    assert.equal(await code(fixture), 'EK_PROBE_COUNT_MISMATCH');
  });

  test('an answer that does not say who gave it', async (t) => {
    assert.equal(await code(await TestFixture.start(t, 2, 4, { anonymous: true })), 'EK_PROBE_UNKNOWN_BACKEND');
  });

  test('an answer from a backend that nobody expected', async (t) => {
    const fixture = await TestFixture.start(t, 2, 5);
    fixture.backends = async () => [{ name: 'pod-1', address: 'elsewhere' }];
    assert.equal(await code(fixture, 'clusterip-http-new-connections'), 'EK_PROBE_UNKNOWN_BACKEND');
  });

  test('a target where nobody listens', async (t) => {
    const fixture = await TestFixture.start(t, 2, 6);
    fixture.target = async () => ({ target: 'http://127.77.6.200:1/' });
    assert.equal(await code(fixture, 'clusterip-http-keepalive'), 'EK_PROBE_NO_ANSWER');
  });

  test('a client process that ends by itself', async (t) => {
    const fixture = await TestFixture.start(t, 2, 7);
    fixture.target = async () => ({ target: 'http://127.0.0.1/', env: { NODE_OPTIONS: '--no-such-option' } });
    assert.equal(await code(fixture), 'EK_PROBE_CLIENT');
  });

  test('a fixture that fails', async (t) => {
    const fixture = await TestFixture.start(t, 2, 8);
    fixture.target = async () => {
      throw new Error('no such namespace');
    };
    assert.equal(await code(fixture), 'EK_PROBE_FIXTURE');
  });
});

describe('while pods come and go', { concurrency: true }, () => {
  test('a client that resolves again finds the new pods and leaves the old ones', async (t) => {
    const fixture = await TestFixture.start(t, 2, 9, { maxConnectionAgeMs: 300 });
    const report = await runProof(
      fixture,
      options({ schemes: 'headless-round-robin-max-age', replicas: '2', scaleTo: '4', window: '60000' }),
    );
    reportSchema.parse(report);
    const [out] = report.scaleOut as MeasuredChange[];
    assert.equal(out?.status, 'ok', JSON.stringify(out ?? report.schemes));
    assert.notEqual(out!.convergedMs, null);
    assert.deepEqual(
      out!.added.map(({ pod }) => pod),
      ['pod-3', 'pod-4'],
    );
    const longest = Math.max(...out!.added.map(({ readyAtMs, firstAnswerAtMs }) => firstAnswerAtMs! - readyAtMs));
    assert.ok(Math.abs(out!.convergedMs! - Math.max(0, longest)) < 0.1);
    assert.ok(
      out!.timeline.buckets.some(({ atMs }) => atMs < 0),
      'calls before the change',
    );

    const [back] = report.scaleIn as MeasuredChange[];
    assert.equal(back?.status, 'ok', JSON.stringify(back));
    assert.notEqual(back!.convergedMs, null);
    assert.deepEqual(
      back!.removed.map(({ pod }) => pod),
      ['pod-3', 'pod-4'],
    );
    const last = back!.timeline.buckets.at(-1)!;
    assert.deepEqual(
      Object.keys(last.answered).filter((pod) => pod === 'pod-3' || pod === 'pod-4'),
      [],
    );
  });

  test('a client that does not resolve again is said not to have followed, and is made anew before pods go', async (t) => {
    const fixture = await TestFixture.start(t, 2, 10);
    const report = await runProof(
      fixture,
      options({ schemes: 'headless-round-robin', replicas: '2', scaleTo: '3', window: '200' }),
    );
    const [out] = report.scaleOut as MeasuredChange[];
    assert.equal(out!.convergedMs, null);
    assert.equal(out!.reason, 'not within 0.2 s: 1 of 1 new pods got no call');
    assert.equal(out!.newClient, false);
    assert.equal(out!.failed, 0);
    const [back] = report.scaleIn as MeasuredChange[];
    assert.equal(back!.newClient, true);
    assert.notEqual(back!.removed[0]!.lastCallAtMs, null);
  });

  test('a fixture that cannot scale makes an error row, and nothing is scaled in', async (t) => {
    const fixture = await TestFixture.start(t, 2, 11);
    fixture.scale = async () => {
      throw new Error('no room');
    };
    const report = await runProof(fixture, options({ schemes: 'headless-round-robin', replicas: '2', scaleTo: '3' }));
    const [row] = report.scaleOut;
    assert.equal(row?.status === 'error' && row.code, 'EK_PROBE_FIXTURE');
    assert.match(row?.status === 'error' ? row.reason : '', /could not scale to 3: no room/);
    assert.deepEqual(report.scaleIn, []);
  });
});
