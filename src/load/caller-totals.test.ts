import assert from 'node:assert/strict';
import { test } from 'node:test';
import { callerTotals } from './caller-totals.ts';
import type { CallerLoad } from './service-load.ts';
import { Window } from './window.ts';

function caller(workload: string, zone: string, calls: number): CallerLoad {
  const window = new Window();
  window.add({ calls, succeeded: calls, failed: 0, inFlightMs: 0, seenInFlight: 0 }, { current: 1, previous: 0 });
  return { caller: { namespace: 'shop', workload, zone }, window, pods: new Map(), idleSlots: 0 };
}

test('zones of a workload are together, and the smallest workloads are one', () => {
  const totals = callerTotals(
    [caller('a', 'z1', 5), caller('a', 'z2', 5), caller('b', 'z1', 7), caller('c', 'z1', 2), caller('d', 'z1', 1)],
    2,
  );
  assert.deepEqual(totals, [
    { namespace: 'shop', workload: 'a', calls: 10, failed: 0 },
    { namespace: 'shop', workload: 'b', calls: 7, failed: 0 },
    { namespace: 'unknown', workload: 'unknown', calls: 3, failed: 0 },
  ]);
});
