import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { test } from 'node:test';
import { parseRate } from './arrivals.ts';
import { pauseAfter } from './closed-loop.ts';
import type { Done, Engine } from './engine.ts';
import type { LoadOptions } from './loop.ts';
import { ratesOf, runLoad } from './run-load.ts';

/** An engine whose calls end as `onCall` says. */
function engineOf(onCall: (done: Done, call: number) => void): Engine {
  let calls = 0;
  return {
    name: 'channel',
    call(done) {
      calls += 1;
      onCall(done, calls);
    },
    sample: () => Promise.reject(new Error('not asked')),
    identifyBy: () => {},
    close: () => {},
  };
}

const usual: LoadOptions = {
  ...{
    arrivals: parseRate('500', false),
    warmupMs: 0,
    durationMs: 60_000,
    deadlineMs: 1000,
    maxInFlight: 100,
    seed: 1,
  },
};
const never = new AbortController().signal;
const loops = [
  ['open', usual],
  ['closed', { ...usual, arrivals: { loop: 'closed', callers: 4 } }],
] as const;

for (const [loop, options] of loops) {
  test(`${loop} loop: ended early, calls in flight are counted as such, and nothing is waited for`, async () => {
    const early = new AbortController();
    const open: Done[] = [];
    const engine = engineOf((done, call) => {
      if (call <= 3) setImmediate(done, 'OK', 'a', 'peer');
      else open.push(done);
      if (open.length === 2) setImmediate(() => early.abort());
    });
    const { recorder, inFlight, interrupted, warmupCalls, ...rates } = await runLoad(engine, options, early.signal);
    assert.deepEqual([recorder.answered, recorder.failed, interrupted, warmupCalls], [3, 0, true, 0]);
    if (rates.intendedRate !== null) {
      assert.equal(Math.round(rates.intendedRate * 1e6) / 1e6, 500, 'as was asked for');
      assert.ok(rates.achievedRate <= rates.intendedRate + 1e-9);
    }
    assert.equal(inFlight, open.length);
    for (const done of open) done('CANCELLED', undefined, undefined);
    assert.equal(recorder.failed, 0, 'what the engine ends afterwards is no failure');
    assert.deepEqual(getEventListeners(early.signal, 'abort'), []);
  });

  test(`${loop} loop: ended before it began`, async () => {
    const engine = engineOf(() => assert.fail('no call is made'));
    const { recorder, inFlight, achievedRate } = await runLoad(engine, options, AbortSignal.abort());
    assert.deepEqual([recorder.calls, inFlight, achievedRate], [0, 0, 0]);
  });

  test(`${loop} loop: ended during warm-up, nothing counts`, async () => {
    const early = new AbortController();
    const engine = engineOf((done, call) => {
      if (call === 5) early.abort();
      else setImmediate(done, 'OK', 'a', 'peer');
    });
    const warm = { ...options, warmupMs: 60_000 };
    const { recorder, inFlight, warmupCalls } = await runLoad(engine, warm, early.signal);
    assert.deepEqual([recorder.calls, inFlight], [0, 0]);
    assert.ok(warmupCalls > 0);
  });

  test(`${loop} loop: a call that never left is reported as such`, async () => {
    const engine = engineOf((done, call) => {
      const held = call === 2 ? ({ for: 'connection', leftAt: undefined } as const) : undefined;
      setImmediate(done, held === undefined ? 'OK' : 'DEADLINE_EXCEEDED', 'a', 'peer', undefined, held);
    });
    const { recorder, intendedRate, achievedRate } = await runLoad(engine, { ...options, calls: 10 }, never);
    assert.deepEqual([recorder.answered, recorder.failed, recorder.notSent], [9, 0, 1]);
    if (intendedRate !== null) assert.ok(achievedRate <= intendedRate * 0.901, `${achievedRate} of ${intendedRate}`);
  });
}

test('so many calls have the rate that was asked for, never more', async () => {
  for (const calls of [1, 2, 30]) {
    const engine = engineOf((done) => setImmediate(done, 'OK', 'a', 'peer'));
    const { intendedRate, achievedRate } = await runLoad(engine, { ...usual, calls }, never);
    assert.equal(Math.round(intendedRate! * 1e6) / 1e6, 500);
    assert.ok(achievedRate <= intendedRate! + 1e-9, `${calls} calls: ${achievedRate}`);
  }
  assert.deepEqual(ratesOf({ intended: 1, dueMs: 10, begun: 1 }, 0.9, 0), { intendedRate: 100, achievedRate: 100 });
  assert.deepEqual(ratesOf({ intended: 100, begun: 90 }, 1000, 40), { intendedRate: 100, achievedRate: 50 });
  assert.deepEqual(ratesOf({ intended: null, begun: 90 }, 1000, 0), { intendedRate: null, achievedRate: 90 });
});

test('closed loop: callers whose calls fail at once do not spin, and the result says that they waited', async () => {
  const options: LoadOptions = { ...usual, arrivals: { loop: 'closed', callers: 4 }, durationMs: 400 };
  const failing = engineOf((done) => setImmediate(done, 'UNAVAILABLE', undefined, undefined, 'no connection'));
  const { recorder } = await runLoad(failing, options, never);
  // With pauses as short as chance makes them; on a slow machine there are fewer calls.
  let most = 0;
  for (let atMs = 0; atMs < 400; most += 1) atMs += pauseAfter(most + 1, 0);
  assert.ok(recorder.failed <= 4 * (most + 1), `${recorder.failed} calls`);
  const counted = await runLoad(failing, { ...options, durationMs: 600_000, calls: 20 }, never);
  assert.deepEqual([counted.recorder.failed, counted.saturation.pauses > 0], [20, true]);
});

test('closed loop: only failures in a row make a caller wait longer, up to 100 ms', () => {
  const pauses = [1, 2, 3, 10, 11, 1000].map((failures) => Math.round(pauseAfter(failures, 0.5) * 10) / 10);
  assert.deepEqual(pauses, [1, 1.6, 2.6, 68.7, 100, 100]);
  assert.deepEqual([pauseAfter(99, 0), pauseAfter(99, 1)], [80, 120]);
});
