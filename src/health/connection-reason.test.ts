import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connectionReason } from './probe.ts';

test('whatever failed has a reason in words, an abort among them', () => {
  assert.equal(connectionReason(Object.assign(new Error('connect failed'), { code: 'ECONNREFUSED' })), 'ECONNREFUSED');
  assert.equal(connectionReason(Object.assign(new Error('reset'), { code: 'ERR_HTTP2_STREAM_ERROR' })), 'reset');
  assert.equal(connectionReason(new DOMException('the check was aborted', 'AbortError')), 'the check was aborted');
  const cause = new DOMException('the check was aborted', 'AbortError');
  assert.equal(connectionReason(new Error('cancelled', { cause })), 'the check was aborted');
});
