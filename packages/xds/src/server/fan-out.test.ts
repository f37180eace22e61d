import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { ManualClock } from '../clock.ts';
import { FanOut, type Sender } from './fan-out.ts';

/** Notes who was served. */
function recorder(served: string[]): (name: string) => Sender {
  return (name) => ({ send: () => served.push(name) });
}

test('the first change is sent at once, those within the interval together at its end', async () => {
  const clock = new ManualClock();
  const fanOut = new FanOut(clock, 25);
  const served: string[] = [];
  const sender = recorder(served)('a');
  fanOut.add(sender);
  await nextTurn();
  assert.deepEqual(served, ['a']);

  fanOut.add(sender);
  clock.advance(10);
  fanOut.add(sender);
  await nextTurn();
  assert.deepEqual(served, ['a']);
  clock.advance(15);
  await nextTurn();
  assert.deepEqual(served, ['a', 'a']);
});

test('no change waits longer than the interval, however many come', async () => {
  const clock = new ManualClock();
  const fanOut = new FanOut(clock, 25);
  const served: string[] = [];
  const sender = recorder(served)('a');
  for (let ms = 0; ms < 100; ms++) {
    fanOut.add(sender);
    await nextTurn();
    clock.advance(1);
  }
  await nextTurn();
  assert.equal(served.length, 5, 'at 0, 25, 50, 75 and 100 ms');
});

test('after a quiet interval the next change is sent at once', async () => {
  const clock = new ManualClock();
  const fanOut = new FanOut(clock, 25);
  const served: string[] = [];
  fanOut.add(recorder(served)('a'));
  await nextTurn();
  clock.advance(25);
  fanOut.add(recorder(served)('b'));
  await nextTurn();
  assert.deepEqual(served, ['a', 'b']);
  assert.equal(clock.pending, 0);
});

test('many streams are served in turns, so that the first do not wait for the last', async () => {
  const fanOut = new FanOut(new ManualClock(), 0);
  let served = 0;
  for (let count = 0; count < 1_000; count++) fanOut.add({ send: () => served++ });
  await nextTurn();
  assert.ok(served > 0 && served < 1_000, `${served} in the first turn`);
  while (fanOut.waiting > 0) await nextTurn();
  assert.equal(served, 1_000);
});

test('who has been served otherwise is not served again, and nothing happens after close', async () => {
  const clock = new ManualClock();
  const fanOut = new FanOut(clock, 25);
  const served: string[] = [];
  const sender = recorder(served);
  const [a, b] = [sender('a'), sender('b')];
  fanOut.add(a);
  fanOut.add(b);
  fanOut.remove(a);
  await nextTurn();
  assert.deepEqual(served, ['b']);
  fanOut.add(a);
  fanOut.close();
  clock.advance(100);
  await nextTurn();
  assert.deepEqual(served, ['b']);
  assert.equal(clock.pending, 0);
});
