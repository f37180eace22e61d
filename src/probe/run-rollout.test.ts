import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type ProofOptions, parseProofOptions, type RawProofOptions } from './options.ts';
import { printReport } from './print/print-report.ts';
import { exitCodeOf, type MeasuredRollout, type Report, reportSchema } from './report.ts';
import { runProof } from './run-proof.ts';
import { TestFixture } from './testing/test-fixture.ts';

/** Deadlines that a busy machine keeps; nothing here is about speed. */
function options(raw: RawProofOptions): ProofOptions {
  return parseProofOptions({
    ...{ calls: '60', deadline: '20000', replicas: '2', scaleTo: '2', window: '60000', rollingUpdate: true },
    ...raw,
  });
}

function rows(report: Report): MeasuredRollout[] {
  reportSchema.parse(report);
  for (const row of report.rollingUpdate) assert.equal(row.status, 'ok', JSON.stringify(row));
  return report.rollingUpdate as MeasuredRollout[];
}

const sum = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((all, count) => all + count, 0);

describe('a rolling update and the way back, real servers and real clients', { concurrency: true }, () => {
  test('all schemes go through both at once, those through a ClusterIP too; every lost call has a cause', async (t) => {
    const fixture = await TestFixture.start(t, 2, 13);
    const schemes = 'clusterip-http-new-connections,clusterip-http-keepalive,clusterip-grpc,headless-round-robin,xds';
    const report = await runProof(fixture, options({ schemes }));
    const measured = rows(report);
    assert.deepEqual(
      measured.map(({ scheme, change }) => `${change} ${scheme}`),
      ['update', 'rollback'].flatMap((change) =>
        schemes
          .split(',')
          .slice(0, 4)
          .map((scheme) => `${change} ${scheme}`),
      ),
    );
    for (const { scheme, pods, ready, added, removed, calls, failed, causes, lost, failures, timeline } of measured) {
      assert.deepEqual([pods, ready], [2, { least: 2, most: 3 }], scheme);
      assert.equal(added.length, 2);
      assert.equal(removed.length, 2);
      assert.ok(calls > 0);
      assert.equal(sum(causes), failed);
      assert.equal(sum(failures), failed);
      assert.equal(lost.length, failed);
      assert.ok(
        timeline.buckets.some(({ atMs }) => atMs < 0),
        'calls before the change',
      );
    }
    assert.deepEqual(
      measured[0]!.removed.map(({ pod }) => pod),
      ['pod-1', 'pod-2'],
    );
    assert.deepEqual(
      measured.at(-1)!.removed.map(({ pod }) => pod),
      ['pod-3', 'pod-4'],
    );
    assert.match(printReport(report), /Rolling update and rollback under constant calls/);
  });

  test('pods that end under their calls drained too short', async (t) => {
    const fixture = await TestFixture.start(t, 2, 14, { abrupt: true, latencyMs: 100 });
    const [update] = rows(await runProof(fixture, options({ schemes: 'headless-round-robin', rollRate: '200' })));
    const { causes, failed, lost } = update!;
    assert.ok(causes.drainedTooShort > 0, JSON.stringify({ causes, lost: lost.slice(0, 3) }));
    assert.equal(sum(causes), failed);
    const [first] = lost.filter(({ cause }) => cause === 'drainedTooShort');
    assert.match(first!.peer!, /^127\.77\.14\.\d+:\d+$/);
  });

  test('a fixture that cannot roll makes error rows, and nothing is rolled back', async (t) => {
    const fixture = await TestFixture.start(t, 2, 17);
    fixture.rollout = async () => {
      throw new Error('no room');
    };
    const report = await runProof(fixture, options({ schemes: 'headless-round-robin' }));
    assert.equal(report.rollingUpdate.length, 1);
    const [row] = report.rollingUpdate;
    assert.equal(row?.status === 'error' && row.code, 'EK_PROBE_FIXTURE');
    assert.match(row?.status === 'error' ? row.reason : '', /could not update the backends: no room/);
    assert.equal(exitCodeOf(report), 3);
  });

  test('not asked for, nothing is rolled', async (t) => {
    const fixture = await TestFixture.start(t, 2, 18);
    const report = await runProof(fixture, options({ schemes: 'clusterip-grpc', rollingUpdate: false }));
    assert.deepEqual(report.rollingUpdate, []);
    assert.deepEqual(
      fixture.pods.map(({ name }) => name),
      ['pod-1', 'pod-2'],
    );
  });
});
