import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatReport, reportOf } from './report.ts';
import { type CheckResult, checks, type Outcome } from './suite.ts';

const resultOf = (id: string, outcome: Outcome, detail?: string): CheckResult => ({
  check: checks.find((check) => check.id === id)!,
  outcome,
  ...(detail !== undefined && { detail }),
});

const report = reportOf('a server', '127.0.0.1:1', [
  resultOf('sotw/nonces', 'held'),
  resultOf('delta/nonces', 'held'),
  resultOf('sotw/stale-nonce', 'failed', 'it \u001b[31manswered'),
  resultOf('delta/removed', 'unsupported', 'no delta'),
]);

test('the report is by paragraph, says what was seen and which rule it broke, and fits a terminal', () => {
  const text = formatReport(report);
  assert.equal(
    text.split('\n').slice(0, 14).join('\n'),
    `a server at 127.0.0.1:1

Basic Protocol Overview
  held   MUST   both   every response has a nonce, and another one than those
                       before it

Resource updates
  FAILED SHOULD sotw   a request with the nonce of an earlier response is not
                       answered
                 seen: it  [31manswered
                 rule: The management server should not send a DiscoveryResponse
                       for any DiscoveryRequest that has a stale nonce.

Deleting Resources`,
  );
  assert.match(text, /^2 held, 1 failed \(0 of them a MUST\), 1 unsupported$/m);
  for (const line of text.split('\n')) assert.ok(line.length <= 80, line);
});

test('as JSON it has the sentence of the protocol and where it stands', () => {
  assert.deepEqual([report.schemaVersion, report.held, report.failed, report.unsupported], [1, 2, 1, 1]);
  const [, , failed] = report.results;
  assert.deepEqual([failed?.paragraph, failed?.outcome, failed?.level], ['Resource updates', 'failed', 'SHOULD']);
  assert.match(failed?.url ?? '', /^https:.*#resource-updates$/);
  assert.match(failed?.rule ?? '', /stale nonce/);
});

test('every check has an id of its own and a sentence', () => {
  assert.equal(new Set(checks.map(({ id }) => id)).size, checks.length);
  for (const { id, rule, title } of checks) assert.ok(rule.length > 20 && title.length > 10, id);
});
