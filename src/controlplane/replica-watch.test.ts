import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../base/clock.ts';
import { ReplicaWatch } from './replica-watch.ts';

/** A watch that sees these answers, one after the other; undefined: there is none. */
async function cameAfter(...answers: readonly (readonly string[] | undefined)[]): Promise<string[][]> {
  const clock = new ManualClock();
  const seen: string[][] = [];
  let at = 0;
  const watch = new ReplicaWatch({
    name: 'evenkeel',
    clock,
    intervalMs: 1_000,
    resolve: async () => answers[at++] ?? Promise.reject(new Error('ENOTFOUND')),
    came: (addresses) => seen.push([...addresses]),
  });
  await watch.start();
  while (at < answers.length) {
    clock.advance(1_000);
    // The next look is over when it has set its timer.
    while (clock.pending === 0) await Promise.resolve();
  }
  watch.stop();
  assert.equal(clock.pending, 0);
  return seen;
}

test('a replica that comes is seen once; those of the first look were there before', async () => {
  assert.deepEqual(await cameAfter(['10.0.0.1', '10.0.0.2'], ['10.0.0.2', '10.0.0.1']), []);
  assert.deepEqual(await cameAfter(['10.0.0.1'], ['10.0.0.1', '10.0.0.2', '10.0.0.3'], ['10.0.0.1', '10.0.0.2']), [
    ['10.0.0.2', '10.0.0.3'],
  ]);
});

test('one that was restarted under the same address has come again', async () => {
  assert.deepEqual(await cameAfter(['10.0.0.1', '10.0.0.2'], ['10.0.0.1'], ['10.0.0.1', '10.0.0.2']), [['10.0.0.2']]);
});

test('an answer without an address, or none, changes nothing', async () => {
  assert.deepEqual(await cameAfter(['10.0.0.1', '10.0.0.2'], undefined, [], ['10.0.0.1', '10.0.0.2']), []);
  assert.deepEqual(await cameAfter(undefined, ['10.0.0.1'], ['10.0.0.1', '10.0.0.2']), [['10.0.0.2']]);
});
