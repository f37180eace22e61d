import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hearingMs, reportIntervalMs, reportsTooOften } from './report-interval.ts';

const interval = (streams: number, localitiesPerReport: number, isEnvoy = false, measuredMs = 0): number =>
  reportIntervalMs({ streams, localitiesPerReport, isEnvoy, measuredMs });

test('a small fleet reports every second, a larger one less often, by clients and by pods', () => {
  assert.deepEqual(
    [interval(1, 10), interval(200, 100), interval(1_000, 10), interval(1_000, 100), interval(10_000, 100)],
    [1_000, 2_000, 5_000, 8_000, 60_000],
  );
});

test('where reports cost more than reckoned with, clients report less often', () => {
  const [slow, fast] = [1, 0.01].map((measuredMs) => interval(1_000, 100, false, measuredMs));
  assert.deepEqual([slow, fast], [29_000, 8_000]);
  const hearing = { streams: 1_000, localitiesPerReport: 100, isEnvoy: false };
  assert.equal(reportsTooOften(8_000, { ...hearing, measuredMs: 0 }), false);
  assert.equal(reportsTooOften(8_000, { ...hearing, measuredMs: 1 }), true);
});

test('nobody is asked less often than once a minute, and no Envoy more often than every ten seconds', () => {
  assert.equal(interval(100_000, 1_000), 60_000);
  assert.equal(interval(1, 1, true), 10_000);
  assert.equal(
    reportsTooOften(60_000, { streams: 100_000, localitiesPerReport: 1_000, isEnvoy: false, measuredMs: 0 }),
    false,
  );
});

for (const localitiesPerReport of [10, 100, 1_000]) {
  test(`hearing takes 0.07 of a core at most while a fleet of clients of ${localitiesPerReport} pods grows`, () => {
    let intervals: number[] = [];
    while (intervals.length < 10_000) {
      // Clients that come one after the other, and those who keep an interval that has become too short are asked anew.
      for (let more = 0; more < 250; more++) intervals.push(interval(intervals.length + 1, localitiesPerReport));
      const hearing = { streams: intervals.length, localitiesPerReport, isEnvoy: false, measuredMs: 0 };
      intervals = intervals.map((kept) => (reportsTooOften(kept, hearing) ? reportIntervalMs(hearing) : kept));
      const msPerSecond = intervals.reduce((sum, kept) => sum + (hearingMs(hearing) * 1_000) / kept, 0);
      const isAtTheBound = intervals.every((kept) => kept === 60_000);
      assert.ok(msPerSecond <= 70.1 || isAtTheBound, `${intervals.length} clients: ${msPerSecond} ms/s`);
    }
  });
}
