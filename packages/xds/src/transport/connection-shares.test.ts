import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { ManualClock } from '../clock.ts';
import { ConnectionShares } from './connection-shares.ts';
import { EventLoop } from './event-loop.ts';

/** Shares of a server whose event loop has accepted a connection in each turn for so many milliseconds. */
async function crowdedFor(ms: number, addresses = 2) {
  const clock = new ManualClock();
  const loop = new EventLoop(clock);
  const refused: string[] = [];
  const shares = new ConnectionShares({
    loop,
    clock,
    addresses: () => addresses,
    refused: (peer) => refused.push(peer),
  });
  for (let turn = 0; turn < ms; turn++) {
    loop.accepted();
    clock.advance(1);
    await nextTurn();
  }
  const open = (address: string, count: number): number =>
    Array.from({ length: count }, () => shares.check(address)).filter((isRefused) => !isRefused).length;
  return { clock, refused, open };
}

test('while connections wait an address has 50 of them in a second, and others are let in', async () => {
  const { clock, refused, open } = await crowdedFor(10);
  assert.equal(open('10.0.0.1', 60), 50);
  assert.equal(open('10.0.0.2', 10), 10);
  assert.deepEqual(refused, Array(10).fill('10.0.0.1'));
  clock.advance(1_000);
  assert.equal(open('10.0.0.1', 1), 1);
});

test('who comes while none wait is let in, however many they are', async () => {
  const { open } = await crowdedFor(9);
  assert.equal(open('10.0.0.1', 200), 200);
});

test('a turn that found nobody waiting ends the crowd', async () => {
  const { open } = await crowdedFor(20);
  assert.equal(open('10.0.0.1', 60), 50);
  await nextTurn();
  await nextTurn();
  assert.equal(open('10.0.0.1', 10), 10);
});

test('one address that is alone, as all are behind one NAT, makes way for nobody', async () => {
  const { open } = await crowdedFor(20, 1);
  assert.equal(open('10.0.0.1', 200), 200);
  open('10.0.0.2', 1);
  assert.equal(open('10.0.0.1', 1), 0, 'and now it is not alone');
});
