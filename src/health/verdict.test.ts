import assert from 'node:assert/strict';
import { test } from 'node:test';
import { afterResult, nextDelayMs, noVerdict } from './verdict.ts';

const settings = { intervalMs: 2_000, timeoutMs: 1_000, rise: 2, fall: 3, jitter: 0 };

/** The states after each result; `+` is a success, `-` a failure. */
function states(results: string): string {
  let verdict = noVerdict;
  let told = '';
  for (const result of results) {
    verdict = afterResult(verdict, result === '+', settings);
    told += verdict.state === 'healthy' ? 'H' : 'u';
  }
  return told;
}

test('the first result decides', () => {
  assert.equal(states('+'), 'H');
  assert.equal(states('-'), 'u');
});

test('a target that never was healthy needs one success', () => {
  assert.equal(states('---+'), 'uuuH');
});

test('a healthy target falls after that many failures in a row', () => {
  assert.equal(states('+--+---'), 'HHHHHHu');
});

test('a target that fell rises after that many successes in a row', () => {
  assert.equal(states('+---+-++'), 'HHHuuuuH');
});

test('a target that never was healthy is retried quickly, at most as slowly as the interval', () => {
  let verdict = noVerdict;
  const delays = Array.from({ length: 7 }, () => {
    verdict = afterResult(verdict, false, settings);
    return nextDelayMs(verdict, settings, 0.5);
  });
  assert.deepEqual(delays, [100, 200, 400, 800, 1_600, 2_000, 2_000]);
  assert.equal(nextDelayMs(afterResult(verdict, true, settings), settings, 0.5), 2_000);
});

test('jitter moves the delay by its share in both directions', () => {
  const healthy = afterResult(noVerdict, true, settings);
  const jittered = { ...settings, jitter: 0.25 };
  assert.deepEqual(
    [0, 0.5, 1].map((random) => nextDelayMs(healthy, jittered, random)),
    [1_500, 2_000, 2_500],
  );
});
