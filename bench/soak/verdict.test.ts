import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoryByQuarter, problemsOf, type Sample, type SoakOutcome } from './verdict.ts';

const mb = 1024 * 1024;

function samples(...residentMb: number[]): Sample[] {
  return residentMb.map((one, index) => ({ atMs: index * 1_000, residentBytes: one * mb, openFiles: 30, streams: 5 }));
}

const good: SoakOutcome = {
  samples: samples(80, 150, 200, 200, 210, 205, 215, 210),
  calls: 1_000,
  failedCalls: 0,
  unanswered: 0,
  before: { openFiles: 30 },
  after: { streams: 0, openFiles: 31 },
  stale: 0,
  nacks: 0,
};

test('memory that settles is flat, memory that goes on growing is not', () => {
  assert.deepEqual(
    memoryByQuarter(good.samples).map((bytes) => bytes / mb),
    [80, 200, 205, 210],
  );
  assert.deepEqual(problemsOf(good), []);
  const growing = samples(80, 100, 120, 140, 160, 180, 200, 220);
  assert.match(problemsOf({ ...good, samples: growing }).join(), /memory rose from 120 MB to 200 MB/);
});

test('everything else has to be exact', () => {
  const cases: [Partial<SoakOutcome>, RegExp][] = [
    [{ failedCalls: 1 }, /1 of 1000 calls failed/],
    [{ calls: 0 }, /no call was made/],
    [{ unanswered: 1 }, /1 clients never had an answer/],
    [{ after: { streams: 1, openFiles: 30 } }, /1 streams were left/],
    [{ after: { streams: 0, openFiles: 40 } }, /40 descriptors were left of 30/],
    [{ stale: 2 }, /2 names/],
    [{ nacks: 1 }, /1 responses were rejected/],
  ];
  for (const [change, expected] of cases) {
    const problems = problemsOf({ ...good, ...change });
    assert.equal(problems.length, 1);
    assert.match(problems[0]!, expected);
  }
});
