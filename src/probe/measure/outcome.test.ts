import assert from 'node:assert/strict';
import { test } from 'node:test';
import { probeReport } from '../testing/probe-report.ts';
import { outcomeOf } from './outcome.ts';
import type { ProbeReport } from './report.ts';

const good: Partial<ProbeReport> = { calls: 1000, failed: 0, failures: {}, gate: null };
const [met, unmet] = [true, false].map((one) => [{ expectation: 'balanced', met: one, seen: 'balanced' }]);
const allFailed = { failed: 1000, failures: { UNAVAILABLE: 999, INTERNAL: 1 } };
const slow = { intended: 100, achieved: 98 };
const busy = { by: 'generator', busy: 1, latestMs: 9, note: 'this program was busy' } as const;

function outcome(more: Partial<ProbeReport>, calls?: number): string {
  const { exitCode, error } = outcomeOf(probeReport({ ...good, ...more }), { calls });
  return error === undefined ? String(exitCode) : `${exitCode} ${error.code}`;
}

test('a run ends with the exit code that the documentation says', () => {
  for (const [more, wanted, calls] of [
    [{}, '0'],
    [{ gate: met }, '0'],
    [{ gate: unmet }, '1'],
    [{ gate: [...met!, ...unmet!] }, '1'],
    [{ interrupted: true }, '3'],
    [{ interrupted: true, gate: met }, '3'],
    // As of a lab: nobody knows what it would have come to.
    [{ interrupted: true, gate: unmet }, '3'],
    [allFailed, '3 EK_PROBE_NO_ANSWER'],
    [{ ...allFailed, failed: 999 }, '0'],
    // Where something is expected, that decides.
    [{ ...allFailed, gate: unmet }, '1'],
    [{ ...allFailed, gate: met }, '0'],
    // More than one call of a hundred that were due.
    [{ calls: 990, notSent: 10 }, '0'],
    [{ calls: 989, notSent: 11 }, '3 EK_PROBE_RATE'],
    [{ calls: 0, notSent: 30 }, '3 EK_PROBE_RATE'],
    [{ ratePerSecond: slow, saturation: busy }, '3 EK_PROBE_RATE'],
    [{ ratePerSecond: { ...slow, achieved: 99 }, saturation: busy }, '0'],
    // With a number of calls it only takes longer, and what was ended early reaches no rate.
    [{ ratePerSecond: slow, saturation: busy }, '0', 1000],
    [{ ratePerSecond: slow, saturation: busy, interrupted: true }, '3'],
    [{ ratePerSecond: { ...slow, intended: null }, saturation: busy }, '0'],
    [{ ratePerSecond: slow }, '0'],
  ] as const) {
    assert.equal(outcome(more as Partial<ProbeReport>, calls), wanted, JSON.stringify(more));
  }
});

test('a target that fails every call is told of with the words of its most frequent failure', () => {
  const errors = { UNAVAILABLE: 'the database is gone', INTERNAL: 'other' };
  const { error } = outcomeOf(probeReport({ ...good, ...allFailed, errors }), { calls: undefined });
  assert.match(error!.message, /all 1000 failed, 999 with UNAVAILABLE \(the database is gone\)$/);
});
