import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseProofOptions } from './options.ts';
import { printReport } from './print/print-report.ts';
import { exitCodeOf, reportSchema } from './report.ts';
import { type Policy, runNodeLocal } from './run-node-local.ts';
import { TestFixture } from './testing/test-fixture.ts';

const options = parseProofOptions({ calls: '60', deadline: '20000', replicas: '3', rollingUpdate: true });

test('both policies are measured with the same client, and stand beside each other', async (t) => {
  const fixture = await TestFixture.start(t, 3, 20);
  const asked: Policy[] = [];
  const report = await runNodeLocal((policy) => {
    asked.push(policy);
    return fixture;
  }, options);
  reportSchema.parse(report);
  assert.deepEqual(asked, ['Cluster', 'Local']);
  assert.deepEqual([report.schemes, report.scaleOut, report.rollingUpdate], [[], [], []]);
  assert.deepEqual(
    report.nodeLocal.map((row) => [row.policy, row.status === 'ok' && row.backends.byNode.map(({ calls }) => calls)]),
    [
      ['Cluster', [20, 20, 20]],
      ['Local', [20, 20, 20]],
    ],
  );
  assert.equal(exitCodeOf(report), 0);
  assert.match(
    report.conclusion,
    /externalTrafficPolicy: Local a pod gets 33\.3 % on node-1, 33\.3 % on node-2 and 33\.3 %/,
  );
  assert.match(printReport(report), /^Local +node-1 +1 +20 +33\.3 % +33\.3 %$/m);
});

test('ended early, what is missing is said to be', async (t) => {
  const fixture = await TestFixture.start(t, 2, 21);
  const controller = new AbortController();
  const honest = fixture.calls.bind(fixture);
  fixture.calls = async (scheme, run) => {
    controller.abort(new Error('enough'));
    return honest(scheme, run);
  };
  const report = await runNodeLocal(() => fixture, options, undefined, controller.signal);
  reportSchema.parse(report);
  assert.deepEqual(
    report.nodeLocal.map(({ policy, status }) => `${policy} ${status}`),
    ['Cluster skipped', 'Local skipped'],
  );
  assert.equal(report.interrupted, true);
});

test('a policy that fails is a row with status error', async (t) => {
  const fixture = await TestFixture.start(t, 2, 22);
  fixture.target = async () => ({ target: 'http://127.77.22.200:1/' });
  const report = await runNodeLocal(() => fixture, options);
  reportSchema.parse(report);
  assert.deepEqual(
    report.nodeLocal.map(({ status }) => status),
    ['error', 'error'],
  );
  assert.equal(exitCodeOf(report), 3);
  assert.match(report.conclusion, /Cluster was not measured/);
});
