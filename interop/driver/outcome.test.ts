import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { Outcome } from './outcome.ts';

suite('outcome', () => {
  test('passes where nothing failed', () => {
    const outcome = new Outcome();
    outcome.expectNoFailure({ backends: { t: { pod: 5 } }, failures: {} });
    outcome.step('all new pods answered', 12.4, 1000);
    assert.deepEqual(outcome.toJSON(), {
      status: 'passed',
      calls: 5,
      failed: 0,
      failures: {},
      problems: [],
      steps: [{ what: 'all new pods answered', ms: 12 }],
    });
  });

  test('one failed call is enough to fail', () => {
    const outcome = new Outcome();
    outcome.expectNoFailure({ backends: { t: { pod: 500 } }, failures: { 'UNAVAILABLE: refused': 1 } });
    const { status, calls, failed, problems } = outcome.toJSON();
    assert.deepEqual(
      { status, calls, failed, problems },
      {
        status: 'failed',
        calls: 501,
        failed: 1,
        problems: ['1 × UNAVAILABLE: refused'],
      },
    );
    assert.equal(outcome.onlyTooSlow, false);
  });

  test('failures that differ in figures alone are told once', () => {
    const outcome = new Outcome();
    const failures = {
      'DEADLINE_EXCEEDED: after 1.001s, remote_addr=127.0.0.1:80': 2,
      'DEADLINE_EXCEEDED: after 1.07s, remote_addr=127.0.0.2:80': 1,
    };
    outcome.expectNoFailure({ backends: {}, failures });
    assert.deepEqual(outcome.problems, ['3 × DEADLINE_EXCEEDED: after #s, remote_addr=#']);
    assert.equal(outcome.onlyTooSlow, true);
  });

  test('a step that did not happen fails, and is no question of speed', () => {
    const outcome = new Outcome();
    outcome.step('no call to it', undefined, 40_000);
    assert.deepEqual(outcome.problems, ['no call to it: not within 40 s']);
    assert.equal(outcome.onlyTooSlow, false);
  });
});
