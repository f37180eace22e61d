import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Done } from './engine.ts';
import type { LoopRun } from './loop.ts';
import { openLoop } from './open-loop.ts';

test('a loop that has had enough begins no more calls, and waits for those in flight', async () => {
  const enough = new AbortController();
  const calls: Done[] = [];
  const ended: string[] = [];
  const arrivals = { loop: 'open', shape: 'constant', rates: [1000], poisson: false } as const;
  const both = Promise.withResolvers<void>();
  const beganAt = performance.now();
  const result = openLoop(
    {
      engine: {
        call: (done) => {
          if (calls.push(done) < 2) return;
          enough.abort();
          both.resolve();
        },
      },
      recorder: { due: () => {}, ended: ({ status }) => void ended.push(status) },
      options: { arrivals, warmupMs: 0, durationMs: Number.POSITIVE_INFINITY, deadlineMs: 1, maxInFlight: 10, seed: 0 },
      ...{ beganAt, startedAt: beganAt, signal: new AbortController().signal, enough: enough.signal },
    },
    arrivals,
  );
  await both.promise;
  assert.deepEqual(ended, []);
  for (const done of calls) done('OK', undefined, undefined);
  const { begun, inFlight } = await result;
  assert.deepEqual([begun, inFlight, calls.length, ended.length], [2, 0, 2, 2]);
});

/** Of a loop with one call in flight at most. */
const run = (engine: LoopRun['engine'], rate: number, warmupMs: number, signal = new AbortController().signal) => {
  const arrivals = { loop: 'open', shape: 'constant', rates: [rate], poisson: false } as const;
  const options = { arrivals, warmupMs, durationMs: 60_000, deadlineMs: 1, maxInFlight: 1, seed: 0, calls: 1 };
  const beganAt = performance.now();
  const times = { beganAt, startedAt: beganAt + warmupMs };
  return openLoop({ engine, recorder: { due() {}, ended() {} }, options, ...times, signal }, arrivals);
};

test('calls of a warm-up that stood still are not made up for when it is over', async () => {
  const overAt = performance.now() + 50;
  let calls = 0;
  const engine: LoopRun['engine'] = {
    call(done) {
      calls += 1;
      // The first one is answered when the warm-up has long been over.
      setTimeout(done, calls === 1 ? overAt + 200 - performance.now() : 0, 'OK');
    },
  };
  const { warmupCalls, begun } = await run(engine, 1000, 50);
  assert.deepEqual([warmupCalls, begun, calls], [1, 1, 2]);
});

test('a long warm-up of many calls takes no memory', async () => {
  const { begun } = await run({ call() {} }, 1_000_000, 86_400_000, AbortSignal.abort());
  assert.equal(begun, 0);
});
