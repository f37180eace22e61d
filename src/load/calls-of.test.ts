import assert from 'node:assert/strict';
import { test } from 'node:test';
import { begunOf, countsIssued, inFlightMsOf } from './calls-of.ts';

const go = (userAgentVersion: string) => ({ userAgentName: 'gRPC Go', userAgentVersion });

test('grpc-go before 1.66 does not count calls that begin, every other client does', () => {
  assert.deepEqual(
    ['1.56.3', '1.62.1', '1.65.0', '1.66.0', '1.85.0', '2.0.0', ''].map((version) => countsIssued(go(version))),
    [false, false, false, true, true, true, true],
  );
  assert.equal(countsIssued({ userAgentName: 'gRPC Java', userAgentVersion: '1.50.3' }), true);
});

test('a call that begins in one interval and ends in the next is one call, whoever reports it', () => {
  const first = { issued: 1, succeeded: 0, failed: 0, inProgress: 1 };
  const second = { issued: 0, succeeded: 1, failed: 0, inProgress: 0 };
  assert.equal(begunOf(first, true) + begunOf(second, true), 1);
  assert.equal(begunOf({ ...first, issued: 0 }, false) + begunOf(second, false), 1);
});

test('what is under way at the end of an interval stands for all of it', () => {
  assert.equal(inFlightMsOf({ issued: 9, succeeded: 9, failed: 0, inProgress: 3 }, 1_000), 3_000);
});
