import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../base/clock.ts';
import { Standstill } from './standstill.ts';

/** A clock on which a standstill can be made: time goes on, and no timer runs. */
class StoppableClock extends ManualClock {
  #stoodMs = 0;

  override now(): number {
    return super.now() + this.#stoodMs;
  }

  standStill(ms: number): void {
    this.#stoodMs += ms;
  }
}

function watched() {
  const clock = new StoppableClock();
  const seen: number[] = [];
  let usedMs = 0;
  const standstill = new Standstill({
    clock,
    cpuMs: () => usedMs,
    happened: (ms) => seen.push(ms),
    toleranceMs: 5_000,
  });
  standstill.start();
  return {
    clock,
    seen,
    standstill,
    work: (ms: number) => {
      usedMs += ms;
    },
  };
}

test('a process that was stopped finds out when it goes on', () => {
  const { clock, seen, standstill } = watched();
  clock.advance(10_000);
  assert.deepEqual(seen, []);
  clock.standStill(8_000);
  clock.advance(1_000);
  assert.deepEqual(seen, [8_000]);
  clock.advance(10_000);
  assert.equal(seen.length, 1);
  standstill.stop();
  assert.equal(clock.pending, 0);
});

test('a short pause is none, nor is a process that worked all the time', () => {
  const { clock, seen, standstill, work } = watched();
  clock.standStill(4_000);
  clock.advance(1_000);
  clock.standStill(8_000);
  work(7_000);
  clock.advance(1_000);
  assert.deepEqual(seen, []);
  standstill.stop();
});
