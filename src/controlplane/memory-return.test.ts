import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../base/clock.ts';
import { MemoryReturn } from './memory-return.ts';

function world() {
  const clock = new ManualClock();
  const seen = { clients: 0, collected: 0 };
  const memory = new MemoryReturn({
    clock,
    clients: () => seen.clients,
    collect() {
      seen.collected += 1;
    },
  });
  memory.start();
  /** So many clients, when it looks next. */
  const look = (clients: number): number => {
    seen.clients = clients;
    clock.advance(10_000);
    return seen.collected;
  };
  return { clock, memory, look };
}

test('memory is given back once a fleet has left, and not for a part of it', () => {
  const { look } = world();
  assert.deepEqual([0, 2_000, 101, 100, 100, 0].map(look), [0, 0, 0, 1, 1, 1]);
});

test('it is not given back for a few clients', () => {
  const { look } = world();
  assert.deepEqual([999, 0].map(look), [0, 0]);
});

test('clients that come and go cause one pause in five minutes', () => {
  const { look } = world();
  const collected = Array.from({ length: 62 }, (_, turn) => look(turn % 2 === 0 ? 1_000 : 0));
  assert.deepEqual([collected[1], collected[30], collected[31], collected[61]], [1, 1, 2, 3]);
});

test('it looks no more once it is stopped', () => {
  const { clock, memory, look } = world();
  memory.stop();
  assert.deepEqual([look(1_000), look(0), clock.pending], [0, 0, 0]);
});
