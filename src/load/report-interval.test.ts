import assert from 'node:assert/strict';
import { test } from 'node:test';
import { reportIntervalMs } from './report-interval.ts';

const interval = (streams: number, localitiesPerReport: number, isEnvoy = false): number =>
  reportIntervalMs({ streams, localitiesPerReport, isEnvoy });

test('a small fleet reports every second, a larger one as often as a tenth of a core can hear', () => {
  assert.deepEqual(
    [interval(1, 10), interval(200, 100), interval(1_000, 10), interval(1_000, 100), interval(10_000, 100)],
    [1_000, 1_000, 2_000, 3_000, 25_000],
  );
});

test('nobody is asked less often than once a minute, and no Envoy more often than every ten seconds', () => {
  assert.equal(interval(100_000, 1_000), 60_000);
  assert.equal(interval(1, 1, true), 10_000);
});
