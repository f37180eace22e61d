import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../../base/clock.ts';
import { maxInFlight, Pacer, timerResolutionMs } from './pacer.ts';

test('calls are released at the rate, whether or not any has been answered', async () => {
  const clock = new ManualClock();
  const due: number[] = [];
  const answers: (() => void)[] = [];
  const pacer = new Pacer(
    { ratePerSecond: 100, calls: 5 },
    (dueAt) => {
      due.push(dueAt);
      return new Promise((resolve) => answers.push(resolve));
    },
    clock,
  );
  const made = pacer.run();
  clock.advance(100);
  assert.deepEqual(due, [0, 10, 20, 30, 40]);
  for (const answer of answers) answer();
  assert.equal(await made, 5);
});

test('a clock that stood still releases what is overdue at once, each due at its own time', () => {
  const clock = new ManualClock();
  const due: number[] = [];
  const pacer = new Pacer({ ratePerSecond: 100, calls: 4 }, async (dueAt) => void due.push(dueAt), stalled(clock, 35));
  void pacer.run();
  clock.advance(100);
  assert.deepEqual(due, [0, 10 + timerResolutionMs, 20 + timerResolutionMs, 30 + timerResolutionMs]);
});

/** A clock whose timers all fire `by` late. */
function stalled(clock: ManualClock, by: number) {
  return { now: () => clock.now(), after: (ms: number, callback: () => void) => clock.after(ms + by, callback) };
}

test('nothing that is due after the span is released, and the run ends when the last answer is in', async () => {
  const clock = new ManualClock();
  const due: number[] = [];
  const pacer = new Pacer({ ratePerSecond: 100, withinMs: 25 }, async (dueAt) => void due.push(dueAt), clock);
  const made = pacer.run();
  clock.advance(1000);
  assert.equal(await made, 3);
  assert.deepEqual(due, [0, 10, 20]);
});

test('stop releases nothing more and waits for what is in flight', async () => {
  const clock = new ManualClock();
  const answer = Promise.withResolvers<void>();
  const pacer = new Pacer({ ratePerSecond: 100 }, () => answer.promise, clock);
  let ended = false;
  const made = pacer.run().then((count) => {
    ended = true;
    return count;
  });
  clock.advance(15);
  pacer.stop();
  clock.advance(100);
  await Promise.resolve();
  assert.equal(ended, false);
  answer.resolve();
  assert.equal(await made, 2);
  assert.equal(clock.pending, 0);
});

test('calls in flight are bounded; those held back are due at their own time', async () => {
  const clock = new ManualClock();
  const due: number[] = [];
  const answers: (() => void)[] = [];
  const pacer = new Pacer(
    { ratePerSecond: 1000, calls: maxInFlight + 1 },
    (dueAt) => {
      due.push(dueAt);
      return new Promise((resolve) => answers.push(resolve));
    },
    clock,
  );
  const made = pacer.run();
  clock.advance(5000);
  assert.equal(due.length, maxInFlight);
  answers.shift()!();
  await new Promise(setImmediate);
  assert.equal(due.length, maxInFlight + 1);
  assert.equal(due.at(-1), maxInFlight + timerResolutionMs);
  for (const answer of answers) answer();
  assert.equal(await made, maxInFlight + 1);
});
