import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hearingMs, reportIntervalMs, reportsTooOften } from './report-interval.ts';

const interval = (streams: number, localitiesPerReport: number, isEnvoy = false): number =>
  reportIntervalMs({ streams, localitiesPerReport, isEnvoy });

test('a small fleet reports every second, a larger one less often, by clients and by pods', () => {
  assert.deepEqual(
    [interval(1, 10), interval(200, 100), interval(1_000, 10), interval(1_000, 100), interval(10_000, 100)],
    [1_000, 1_000, 3_000, 4_000, 38_000],
  );
});

test('nobody is asked less often than once a minute, and no Envoy more often than every ten seconds', () => {
  assert.equal(interval(100_000, 1_000), 60_000);
  assert.equal(interval(1, 1, true), 10_000);
  assert.equal(reportsTooOften(60_000, { streams: 100_000, localitiesPerReport: 1_000, isEnvoy: false }), false);
});

for (const localitiesPerReport of [10, 100, 1_000]) {
  test(`hearing takes a tenth of a core at most while a fleet of clients of ${localitiesPerReport} pods grows`, () => {
    let intervals: number[] = [];
    while (intervals.length < 10_000) {
      // Clients that come one after the other, and those who keep an interval that has become too short are asked anew.
      for (let more = 0; more < 250; more++) intervals.push(interval(intervals.length + 1, localitiesPerReport));
      const hearing = { streams: intervals.length, localitiesPerReport, isEnvoy: false };
      intervals = intervals.map((kept) => (reportsTooOften(kept, hearing) ? reportIntervalMs(hearing) : kept));
      const msPerSecond = intervals.reduce((sum, kept) => sum + (hearingMs(hearing) * 1_000) / kept, 0);
      const isAtTheBound = intervals.every((kept) => kept === 60_000);
      assert.ok(msPerSecond <= 100.1 || isAtTheBound, `${intervals.length} clients: ${msPerSecond} ms/s`);
    }
  });
}
