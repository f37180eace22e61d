import assert from 'node:assert/strict';
import { test } from 'node:test';
import { byQuarter, type HeapSample, mostResidentBytes, problemsOf, type Sample, type SoakOutcome } from './verdict.ts';

const mb = 1024 * 1024;

const minute = 60_000;

/** Of a soak of `minutes`, at equal distances. */
function resident(minutes: number, ...values: number[]): Sample[] {
  return heap(minutes, ...values).map(({ atMs, liveBytes }) => ({
    ...{ atMs, residentBytes: liveBytes, openFiles: 30, streams: 5 },
  }));
}

function heap(minutes: number, ...values: number[]): HeapSample[] {
  return values.map((value, index) => ({
    atMs: (index * minutes * minute) / (values.length - 1),
    liveBytes: value * mb,
  }));
}

const settling = [80, 150, 200, 200, 210, 205, 215, 210];
const growing = [80, 100, 120, 140, 160, 180, 200, 220];

const good: SoakOutcome = {
  samples: resident(30, ...settling),
  heap: heap(30, ...settling),
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
    byQuarter(good.heap, ({ liveBytes }) => liveBytes / mb),
    [80, 200, 205, 210],
  );
  assert.deepEqual(problemsOf(good), []);
  assert.deepEqual(problemsOf({ ...good, heap: heap(5, ...growing) }), [
    'live memory rose from 120 MB to 200 MB; up to 136 MB counts as flat',
  ]);
  assert.deepEqual(problemsOf({ ...good, samples: resident(30, ...growing) }), [
    'resident memory rose from 120 MB to 200 MB; up to 148 MB counts as flat',
  ]);
});

test('memory that was not seen in the second quarter has not risen from nothing', () => {
  assert.deepEqual(problemsOf({ ...good, heap: good.heap.slice(-2) }), [
    'live memory was not seen in the second quarter: the machine was too busy to tell',
  ]);
});

test('while a heap grows to its working size, resident memory may rise, up to what a pod has', () => {
  assert.deepEqual(problemsOf({ ...good, samples: resident(5, ...growing) }), []);
  const most = mostResidentBytes / mb;
  assert.deepEqual(problemsOf({ ...good, samples: resident(5, most) }), []);
  assert.deepEqual(problemsOf({ ...good, samples: resident(5, 80, most + 1) }), [
    'resident memory was 513 MB; the chart grants 512 MB',
  ]);
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
