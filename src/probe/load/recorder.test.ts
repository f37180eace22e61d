import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EndedCall } from './recorder.ts';
import { Recorder } from './recorder.ts';

const deadlineMs = 1000;
const usual: EndedCall = {
  ...{ dueAt: 0, sentAt: 0, endedAt: 5, status: 'OK', who: 'a', peer: '10.0.0.1:80' },
  ...{ error: undefined, held: undefined },
};

function record(...calls: readonly Partial<EndedCall>[]): Recorder {
  return recordIn(new Recorder(0, deadlineMs), calls);
}

function recordIn(recorder: Recorder, calls: readonly Partial<EndedCall>[]): Recorder {
  for (const call of calls) {
    const ended = { ...usual, ...call };
    recorder.due(ended.dueAt);
    recorder.ended(ended);
  }
  return recorder;
}
const times = (count: number, call: Partial<EndedCall>): Partial<EndedCall>[] =>
  Array.from({ length: count }, () => call);
const failed = { status: 'UNAVAILABLE', who: undefined };
const never = { status: 'DEADLINE_EXCEEDED', held: { for: 'connection', leftAt: undefined } } as const;

test('a call that failed is slower than every one that was answered, and no faster than the deadline', () => {
  const slow = record(...times(285, {}), ...times(15, { ...failed, endedAt: 1 }));
  assert.deepEqual([slow.latency().p99, slow.latency().max], [5, 5], 'of answered calls alone');
  const { p50, p90, p99, p999, max, mean } = slow.latencyOfAll();
  assert.deepEqual([p50, p90, p99, p999, max, mean], [5, 5, 1000, 1000, 1000, 54.75]);
  assert.equal(record(...times(297, {}), ...times(3, failed)).latencyOfAll().p99, 5, '3 of 300 are not 1 of 100');
  const late = record({ endedAt: 2500 }, failed);
  assert.ok(late.latencyOfAll().max! >= 2500, 'not faster than an answer that waited before it was sent');
  assert.deepEqual(slow.seconds()[0]!.latencyOfAllMs, { p50: 5, p99: 1000, max: 1000 });
  assert.equal(record(failed).latencyOfAll().p50, 1000);
  assert.equal(record().latencyOfAll().p99, null);
});

test('a call that took longer than any figure holds is slowest, and is not left out', () => {
  const twoHours = record(...times(98, {}), ...times(2, { endedAt: 7_200_000 }));
  const { p50, p99, max } = twoHours.latencyOfAll();
  assert.equal(p50, 5);
  for (const figure of [p99, max, twoHours.latency().max]) assert.ok(figure! >= 3_600_000, String(figure));
  assert.ok(record({ endedAt: 7_200_000 }).latencyOfAll().p50! >= 3_600_000, 'where it is the only one');
});

/** A call each half second; every fifth fails, and every seventh ends ten seconds late. */
const long = (seconds: number): Partial<EndedCall>[] =>
  Array.from({ length: seconds * 2 }, (_, call) => ({
    ...{ dueAt: call * 500, sentAt: call * 500, endedAt: call * 500 + (call % 7 === 0 ? 10_000 : 3 + (call % 11)) },
    ...(call % 5 === 0 && failed),
  }));

test('the figures of a second are the same, whether they are made when it is complete or at the end', () => {
  const calls = long(40).map((call) => ({ ...usual, ...call }));
  const atOnce = new Recorder(0, deadlineMs);
  const times = calls.flatMap((call) => [
    { at: call.dueAt, happens: () => atOnce.due(call.dueAt) },
    { at: call.endedAt, happens: () => atOnce.ended(call) },
  ]);
  for (const { happens } of times.sort((a, b) => a.at - b.at)) happens();
  const atTheEnd = new Recorder(0, deadlineMs);
  for (const call of calls) atTheEnd.ended(call);
  const figures = (recorder: Recorder) => recorder.seconds().map(({ due: _, ...second }) => second);
  assert.deepEqual(figures(atOnce), figures(atTheEnd));
  assert.ok(atOnce.seconds().every(({ due }) => due === 2));
});

test('a run of an hour is not held in memory second by second', () => {
  const before = process.memoryUsage().rss;
  const recorder = recordIn(new Recorder(0, deadlineMs), long(3600));
  const grownMb = (process.memoryUsage().rss - before) / 1e6;
  assert.equal(recorder.seconds().length, 3600);
  assert.ok(grownMb < 150, `${Math.round(grownMb)} MB`);
});

test('a call that never left is neither answered nor failed, and no backend had it', () => {
  const recorder = record({}, never, never);
  assert.deepEqual([recorder.calls, recorder.answered, recorder.failed, recorder.notSent], [1, 1, 0, 2]);
  assert.deepEqual(recorder.failures(), {});
  assert.deepEqual(recorder.held, { calls: 0, longestMs: 0, notSent: 2, for: 'connection' });
  assert.equal(recorder.latencyOfAll().p99, deadlineMs, 'it was not faster than the deadline either');
  const [second] = recorder.seconds();
  assert.deepEqual([second!.due, second!.failed, second!.notSent], [3, 0, 2]);
  assert.equal(recorder.sums()[0]!.failed, 0);
});

test('a call that waited in this program and left is a call like others, and the wait is known', () => {
  const recorder = record(
    { held: { for: 'stream', leftAt: 400 }, endedAt: 410 },
    { held: { for: 'stream', leftAt: 1 }, endedAt: 5 },
  );
  assert.deepEqual(recorder.held, { calls: 1, longestMs: 400, notSent: 0, for: 'stream' });
  assert.equal(recorder.answered, 2);
});

test('failures by who names itself, by who answers at the address, else by the address', () => {
  const recorder = record(
    {},
    { who: 'b', peer: '10.0.0.2:80' },
    ...times(3, { status: 'INTERNAL', who: 'c', peer: '10.0.0.3:80' }),
    { ...failed, peer: '10.0.0.2:80' },
    { ...failed, peer: '10.0.0.4:80' },
    { ...failed, peer: undefined },
  );
  assert.deepEqual(
    recorder.sums().map(({ name, calls, failed, failures }) => [name, calls, failed, failures]),
    [
      ['10.0.0.4:80', 0, 1, { UNAVAILABLE: 1 }],
      ['a', 1, 0, {}],
      ['b', 1, 1, { UNAVAILABLE: 1 }],
      ['c', 0, 3, { INTERNAL: 3 }],
    ],
  );
  assert.equal(recorder.failed, 6);
});

test('behind an address at which several answer, nobody in particular failed, whenever that was', () => {
  const recorder = record(failed, {}, failed, { who: 'b' }, failed);
  const failures = recorder.sums().map(({ name, failed }) => [name, failed]);
  assert.deepEqual(failures, [
    ['10.0.0.1:80', 3],
    ['a', 0],
    ['b', 0],
  ]);
  assert.deepEqual(recorder.seconds()[0]!.failedBy, { '10.0.0.1:80': 3 });
});

for (const answer of [
  { status: 'HTTP_502' },
  { status: 'HTTP_504' },
  { status: 'UNAVAILABLE', error: 'HTTP 502 (content-type text/html) without a gRPC status' },
  { status: 'UNAVAILABLE', error: 'Received HTTP status code 504' },
]) {
  test(`what only a gateway answers is not the one backend’s behind it: ${Object.values(answer).join(', ')}`, () => {
    const recorder = record({}, { ...failed, ...answer }, {}, failed);
    assert.deepEqual(
      recorder.sums().map((sum) => [sum.name, sum.calls, sum.failed]),
      [
        ['10.0.0.1:80', 0, 2],
        ['a', 2, 0],
      ],
    );
    const own = record({}, { ...failed, status: 'HTTP_503' }, {});
    assert.deepEqual(
      own.sums().map((sum) => [sum.name, sum.failed]),
      [['a', 1]],
      'a backend may be too busy itself',
    );
  });
}

test('what failed at an address before its backend first answered is that one’s', () => {
  const recorder = record(failed, failed, { who: 'b' });
  assert.deepEqual(
    recorder.sums().map(({ name, calls, failed }) => [name, calls, failed]),
    [['b', 1, 2]],
  );
  assert.deepEqual(recorder.seconds()[0]!.failedBy, { b: 2 });
});

test('what servers say is bounded: names, their number, statuses and errors', () => {
  const many = Array.from({ length: 110 }, (_, index) => ({ who: `pod-${index}`, peer: undefined }));
  const recorder = recordIn(new Recorder(0, deadlineMs, 100), [
    ...many,
    { who: 'x'.repeat(100_000) },
    ...Array.from({ length: 300 }, (_, index) => ({ status: `HTTP_${index}`, who: undefined, peer: undefined })),
    { status: 'INTERNAL', error: 'y'.repeat(100_000) },
  ]);
  const sums = recorder.sums();
  assert.equal(sums.length, 101);
  assert.ok(sums.every(({ name }) => name.length <= 256));
  assert.equal(sums.find(({ name }) => name === '(others)')!.calls, 11);
  assert.equal(Object.keys(recorder.failures()).length, 201);
  assert.ok(Object.values(recorder.errors()).every((error) => error.length <= 1000));
});
