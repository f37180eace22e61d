import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CallRecord } from './call-record.ts';
import { convergence, notFollowed, type PodEvent, quietMs } from './convergence.ts';

const addresses = new Map([
  ['10.0.0.1:1', 'old'],
  ['10.0.0.2:1', 'new'],
]);

function call(sentAt: number, more: Partial<CallRecord>): CallRecord {
  return { dueAt: sentAt, sentAt, endedAt: sentAt + 5, status: 'OK', ...more };
}

function event(event: PodEvent['event'], pod: string, at: number): PodEvent {
  return { event, pod, address: '', at };
}

function judge(records: readonly CallRecord[], events: readonly PodEvent[], until = 10_000) {
  return convergence(records, events, addresses, until);
}

test('a new pod is followed when its first answer arrives; the slowest of several counts', () => {
  const events = [event('ready', 'a', 1000), event('ready', 'b', 1100)];
  const records = [call(1400, { pod: 'b' }), call(1040, { pod: 'a' }), call(2000, { pod: 'b' })];
  assert.equal(judge(records, events).convergedMs, 305);
});

test('a pod that answered before it was seen ready makes no negative figure', () => {
  assert.equal(judge([call(900, { pod: 'a' })], [event('ready', 'a', 1000)]).convergedMs, 0);
});

test('a failed call to a new pod does not count as being followed', () => {
  const seen = judge([call(1100, { peer: '10.0.0.2:1', status: 'UNAVAILABLE' })], [event('ready', 'new', 1000)]);
  assert.equal(seen.convergedMs, null);
  assert.equal(notFollowed(seen, 10_000), '1 of 1 new pods got no call');
});

test('a leaving pod is left when the last call to it was sent, whether it was answered or failed', () => {
  const events = [event('terminating', 'old', 1000), event('ended', 'old', 2000)];
  const answered = call(1200, { pod: 'old' });
  assert.equal(judge([answered], events).convergedMs, 200);
  const failed = call(2300, { peer: '10.0.0.1:1', status: 'UNAVAILABLE' });
  const seen = judge([answered, failed], events);
  assert.equal(seen.convergedMs, 1300);
  assert.deepEqual(seen.late, { answered: 1, failed: 1, afterEnd: 1 });
});

test('only what is sent after a pod was told to end is late, and after its end only what is sent later still', () => {
  const events = [event('terminating', 'old', 1000), event('ended', 'old', 2000)];
  const failed = { peer: '10.0.0.1:1', status: 'UNAVAILABLE' };
  const records = [call(900, { pod: 'old' }), call(1000, { pod: 'old' }), call(1500, failed), call(2000, failed)];
  const { late, removed } = judge([...records, call(2001, { pod: 'new' })], events);
  assert.deepEqual(late, { answered: 0, failed: 2, afterEnd: 0 });
  assert.deepEqual(removed, [{ pod: 'old', terminatingAt: 1000, endedAt: 2000, lastCallAt: 2000 }]);
});

test('only pods that were not followed are told', () => {
  const coming = [event('ready', 'a', 1000), event('ready', 'b', 1000)];
  const going = ['c', 'd', 'e', 'f'].map((pod) => event('terminating', pod, 1000));
  const records = [
    ...[call(1100, { pod: 'a' }), call(1100, { pod: 'c' })],
    ...[call(10_000 - quietMs, { pod: 'd' }), call(10_001 - quietMs, { pod: 'e' })],
  ];
  const told = notFollowed(judge(records, [...coming, ...going]), 10_000);
  assert.equal(told, '1 of 2 new pods got no call; calls still went to e');
});

test('it is not left before it has been quiet for long enough', () => {
  const events = [event('terminating', 'old', 1000)];
  const records = [call(1200, { pod: 'old' })];
  const early = judge(records, events, 1200 + quietMs - 1);
  assert.equal(early.convergedMs, null);
  assert.equal(notFollowed(early, 1200 + quietMs - 1), 'calls still went to old');
  assert.equal(judge(records, events, 1200 + quietMs).convergedMs, 200);
});

test('a pod that got no call after it was told to end took no time, once that is certain', () => {
  const events = [event('terminating', 'old', 1000)];
  assert.equal(judge([call(500, { pod: 'old' })], events).convergedMs, 0);
  assert.equal(judge([], events).convergedMs, 0);
  assert.equal(judge([], events, 1000 + quietMs - 1).convergedMs, null);
});

test('a call that failed at nobody known is no call to a pod', () => {
  const { late } = judge(
    [call(1500, { status: 'UNAVAILABLE', peer: 'dns:pods' }), call(1600, { status: 'UNAVAILABLE' })],
    [event('terminating', 'old', 1000)],
  );
  assert.deepEqual(late, { answered: 0, failed: 0, afterEnd: 0 });
});

test('coming and going together: the slower of the two', () => {
  const events = [event('ready', 'new', 1000), event('terminating', 'old', 1000)];
  const records = [call(1295, { pod: 'new' }), call(1700, { pod: 'old' })];
  assert.equal(judge(records, events).convergedMs, 700);
});
