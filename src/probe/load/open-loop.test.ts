import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Done } from './engine.ts';
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
