import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CallRecord } from './call-record.ts';
import { type Cause, causes, causesOf, causeTitles, countCauses } from './cause.ts';
import type { PodEvent } from './convergence.ts';

const old = '10.0.12.34:50051';
const addresses = new Map([
  [old, 'old'],
  ['10.0.0.2:50051', 'other'],
]);
/** `old` goes: told to end at 1000, gone at 3000. */
const events = [event('ready', 'new', 900), event('terminating', 'old', 1000), event('ended', 'old', 3000)];

function event(event: PodEvent['event'], pod: string, at: number): PodEvent {
  return { event, pod, address: '', at };
}

function cause(more: Partial<CallRecord>, sentAt = 2900, all = events): Cause | undefined {
  const call = { dueAt: sentAt, sentAt, endedAt: sentAt + 5, status: 'UNAVAILABLE', ...more };
  return causesOf([call], all, addresses)[0]?.cause;
}

test('a call that was answered was lost to nothing', () => {
  assert.equal(cause({ status: 'OK' }), undefined);
});

test('the deadline is the deadline, wherever the call went', () => {
  assert.equal(
    cause({ status: 'DEADLINE_EXCEEDED', error: 'Deadline exceeded after 1.000s', peer: old }, 3500),
    'deadline',
  );
});

test('a pod that had ended: whatever the error says', () => {
  assert.equal(cause({ error: 'Connection dropped', peer: old }, 3001), 'staleAddress');
  const words = `No connection established. Last error: connect ECONNREFUSED ${old}`;
  assert.equal(cause({ error: words, peer: 'dns:///be1-srv:50051' }, 3001), 'staleAddress');
  assert.equal(cause({ error: words, peer: 'dns:///be1-srv:50051' }, 2999), 'refused');
});

test('a session that was being closed refuses the stream', () => {
  assert.equal(cause({ error: 'Stream refused by server', peer: old }), 'goaway');
  const words = 'Failed to start HTTP/2 stream with error New streams cannot be created after receiving a GOAWAY';
  assert.equal(cause({ status: 'INTERNAL', error: words }), 'goaway');
  const envoy = 'upstream connect error or disconnect/reset before headers. reset reason: remote refused stream reset';
  assert.equal(cause({ error: envoy }), 'goaway');
  for (const closed of ['The session has been destroyed', 'Session closed']) {
    assert.equal(cause({ status: 'INTERNAL', error: closed, peer: old }), 'goaway', closed);
  }
});

test('grpc-go says it in other words', () => {
  assert.equal(cause({ error: 'the connection is draining', peer: old }), 'goaway');
  const refused = 'stream terminated by RST_STREAM with error code: REFUSED_STREAM';
  assert.equal(cause({ error: refused, peer: old }), 'goaway');
  const dialing = `last connection error: connection error: desc = "transport: Error while dialing: dial tcp ${old}: connect: connection refused"`;
  assert.equal(cause({ error: dialing }), 'refused');
  for (const begun of [
    'connection error: desc = "error reading server preface: read tcp 10.0.0.9:44762->10.0.9.9:80: read: connection reset by peer"',
    'write tcp 10.0.0.9:34506->10.0.9.9:80: write: broken pipe',
  ]) {
    assert.equal(cause({ error: begun }), 'refused', begun);
  }
  const broken = 'closing transport due to: connection error: desc = "error reading from server: EOF"';
  const after = `${broken}, received prior goaway: code: NO_ERROR, debug data: "session closed"`;
  assert.equal(cause({ error: after, peer: old }), 'drainedTooShort', 'it had been taken before the GOAWAY came');
  assert.equal(cause({ error: after, peer: '10.0.0.2:50051' }), 'cut');
  const unanswered = 'stream terminated by RST_STREAM with error code: NO_ERROR';
  assert.equal(cause({ status: 'INTERNAL', error: unanswered, peer: old }), 'drainedTooShort');
  assert.equal(cause({ status: 'INTERNAL', error: unanswered, peer: '10.0.0.2:50051' }), 'cut');
  const cancelled = 'stream terminated by RST_STREAM with error code: CANCEL';
  assert.equal(cause({ status: 'CANCELLED', error: cancelled, peer: '10.0.0.2:50051' }), 'cut');
});

test('nobody listens', () => {
  assert.equal(cause({ status: 'ECONNREFUSED', error: 'connect ECONNREFUSED 10.0.9.9:80' }), 'refused');
  assert.equal(cause({ error: 'transport failure reason: delayed connect error: Connection refused' }), 'refused');
  const behind = { error: 'No connection established. Last error: read ECONNRESET', peer: '10.0.9.9:80' };
  assert.equal(cause(behind, 900), 'refused', 'a Service that still names a pod which is gone');
});

test('a leaving pod that cut a call, or whose connection broke under it', () => {
  assert.equal(cause({ status: 'CANCELLED', error: 'Call cancelled', peer: old }), 'drainedTooShort');
  assert.equal(cause({ error: 'Connection dropped', peer: old }), 'drainedTooShort');
  assert.equal(cause({ error: 'Connection dropped', peer: old, endedAt: 3200 }, 500), 'drainedTooShort');
  assert.equal(cause({ error: 'Connection dropped', peer: old }, 500), 'cut', 'it was not going yet');
  assert.equal(cause({ error: 'Connection dropped', peer: '10.0.0.2:50051' }), 'cut', 'that pod stayed');
});

test('the times of a leaving pod count to the millisecond, its end included', () => {
  const dropped = { error: 'Connection dropped', peer: old };
  assert.equal(cause(dropped, 995), 'drainedTooShort', 'it broke when the pod was told to end');
  assert.equal(cause(dropped, 3000), 'drainedTooShort', 'it was sent when the pod ended');
  assert.equal(cause(dropped, 3001), 'staleAddress');
});

test('a pod that was told to end and runs on has no stale address', () => {
  const going = [event('terminating', 'old', 1000)];
  assert.equal(cause({ error: 'Connection dropped', peer: old }, 9000, going), 'drainedTooShort');
});

test('a pod that stays and cut a call: its connection was too old', () => {
  const stays = { peer: '10.0.0.2:50051' };
  assert.equal(cause({ status: 'CANCELLED', error: 'Call cancelled', ...stays }), 'cut');
  const words = 'Received RST_STREAM with code 0 (Call ended without gRPC status)';
  assert.equal(cause({ status: 'INTERNAL', error: words, ...stays }), 'cut');
  assert.equal(cause({ status: 'INTERNAL', error: words, peer: old }), 'drainedTooShort', 'that one is going');
});

test('behind a proxy any pod that was going may have been it', () => {
  const hidden = { status: 'ECONNRESET', error: 'socket hang up' };
  assert.equal(cause(hidden, 2999), 'drainedTooShort');
  assert.equal(cause(hidden, 3001), 'other');
  assert.equal(cause(hidden, 900), 'other');
  assert.equal(cause(hidden, 2000, [event('terminating', 'later', 5000), ...events]), 'drainedTooShort');
});

test('what a server tells of calls of its own says nothing of ours', () => {
  const told = (words: string) => cause({ status: 'INTERNAL', error: `stock: ${words}`, peer: old });
  assert.equal(told('UNAVAILABLE No connection established'), 'other');
  assert.equal(told('CANCELLED Call cancelled'), 'other');
  const broken = 'UNAVAILABLE write tcp 10.0.0.9:34506->10.0.9.9:80: write: broken pipe';
  assert.notEqual(told(broken), 'refused');
});

test('what is none of these is not given a nice name', () => {
  assert.equal(cause({ status: 'UNAVAILABLE', error: 'as told', peer: old }), 'other');
  assert.equal(cause({ status: 'HTTP_503' }), 'other');
});

test('every cause has a title of its own', () => {
  assert.equal(new Set(causes.map((one) => causeTitles[one] ?? '')).size, 7);
});

test('counts have every cause', () => {
  assert.deepEqual(countCauses([{ cause: 'goaway' }, { cause: 'goaway' }, { cause: 'other' }]), {
    refused: 0,
    goaway: 2,
    staleAddress: 0,
    drainedTooShort: 0,
    cut: 0,
    deadline: 0,
    other: 1,
  });
});
