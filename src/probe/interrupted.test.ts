import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import diagnostics from 'node:diagnostics_channel';
import { type TestContext, test } from 'node:test';
import { parseProofOptions } from './options.ts';
import { exitCodeOf, reportSchema } from './report.ts';
import { runProof } from './run-proof.ts';
import { TestFixture } from './testing/test-fixture.ts';

const options = parseProofOptions({
  schemes: 'clusterip-grpc,headless-round-robin,xds',
  calls: '60',
  deadline: '20000',
  replicas: '2',
  scaleTo: '3',
  rollingUpdate: true,
});

/** The processes that are started during a test. */
function children(t: TestContext): ChildProcess[] {
  const started: ChildProcess[] = [];
  const note = (message: unknown): void => void started.push((message as { process: ChildProcess }).process);
  diagnostics.subscribe('child_process', note);
  t.after(() => diagnostics.unsubscribe('child_process', note));
  return started;
}

const alive = ({ exitCode, signalCode }: ChildProcess): boolean => exitCode === null && signalCode === null;

test('a run that is ended early reports what it has measured, and leaves no client process', async (t) => {
  const fixture = await TestFixture.start(t, 2, 12);
  const started = children(t);
  const controller = new AbortController();
  const honest = fixture.calls.bind(fixture);
  fixture.calls = async (scheme, run) => {
    if (scheme === 'headless-round-robin') controller.abort(new Error('enough'));
    return honest(scheme, run);
  };
  const report = await runProof(fixture, options, undefined, controller.signal);
  assert.equal(started.length, 2);
  assert.deepEqual(started.filter(alive), []);

  reportSchema.parse(report);
  assert.equal(report.interrupted, true);
  assert.equal(exitCodeOf(report), 3);
  assert.deepEqual(
    report.schemes.map(({ scheme, status }) => `${scheme} ${status}`),
    ['clusterip-grpc ok', 'headless-round-robin skipped', 'xds skipped'],
  );
  assert.deepEqual(
    [...report.scaleOut, ...report.scaleIn].map(({ scheme, status, from, to }) => [scheme, status, from, to]),
    [
      ['headless-round-robin', 'skipped', 2, 3],
      ['xds', 'skipped', 2, 3],
      ['headless-round-robin', 'skipped', 3, 2],
      ['xds', 'skipped', 3, 2],
    ],
  );
  assert.deepEqual(
    report.rollingUpdate.map(({ change, scheme, status }) => `${change} ${scheme} ${status}`),
    ['update', 'rollback'].flatMap((change) => options.schemes.map((scheme) => `${change} ${scheme} skipped`)),
  );
  assert.match(report.conclusion, /The run was ended before everything was measured\.$/);
});

test('in the middle of a change: the changes before it stay', async (t) => {
  const fixture = await TestFixture.start(t, 2, 15);
  const controller = new AbortController();
  fixture.rollout = () => {
    controller.abort(new Error('enough'));
    return new Promise(() => {});
  };
  const report = await runProof(
    fixture,
    { ...options, schemes: ['headless-round-robin'], windowMs: 200 },
    undefined,
    controller.signal,
  );
  assert.deepEqual(
    [report.schemes, report.scaleOut, report.scaleIn, report.rollingUpdate].map((rows) =>
      rows.map(({ status }) => status).join(' '),
    ),
    ['ok', 'ok', 'ok', 'skipped skipped'],
  );
});

test('ended before anything is known it rejects with the reason', async (t) => {
  const fixture = await TestFixture.start(t, 2, 16);
  const controller = new AbortController();
  fixture.conditions = () => {
    controller.abort(new Error('enough'));
    return new Promise(() => {});
  };
  await assert.rejects(runProof(fixture, options, undefined, controller.signal), /enough/);
  await assert.rejects(runProof(fixture, options, undefined, controller.signal), /enough/);
});
