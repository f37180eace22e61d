import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../base/clock.ts';
import { FlapDamping } from './damping.ts';

const group = 'default/be1-srv';

function start() {
  const clock = new ManualClock();
  const released: string[] = [];
  const damping = new FlapDamping(clock, (_group, key) => released.push(key));
  const tell = (...usable: [string, boolean][]) => damping.observe(group, new Map(usable));
  return { clock, released, damping, tell };
}

test('an endpoint that flaps ten times a second is held within a second, and the others are not', () => {
  const { clock, damping, tell } = start();
  const held: [key: string, at: number][] = [];
  for (let change = 0; change < 20; change++) {
    for (const key of tell(['a', change % 2 === 0], ['b', true])) held.push([key, clock.now()]);
    clock.advance(100);
  }
  assert.deepEqual(held, [['a', 900]], 'it is said once');
  assert.equal(damping.isHeld(group, 'a'), true);
  assert.equal(damping.isHeld(group, 'b'), false);
  assert.equal(damping.isHeld(group, 'never seen'), false);
});

test('an endpoint is held from the penalty on that is given', () => {
  const settings = { halfLifeMs: 10_000, holdAt: 1, releaseAt: 0.5, maxPenalty: 8 };
  const damping = new FlapDamping(new ManualClock(), () => {}, settings);
  damping.observe(group, new Map([['a', true]]));
  assert.deepEqual(damping.observe(group, new Map([['a', false]])), ['a']);
});

test('it is released once, 20 s after it has settled, however long it flapped', () => {
  const { clock, released, damping, tell } = start();
  for (let change = 0; change < 6_000; change++) {
    tell(['a', change % 2 === 0]);
    clock.advance(100);
    assert.equal(released.length, 0, `released after ${change} changes`);
  }
  tell(['a', true]);
  clock.advance(19_000);
  assert.equal(damping.isHeld(group, 'a'), true);
  clock.advance(1_500);
  assert.equal(damping.isHeld(group, 'a'), false);
  assert.deepEqual(released, ['a']);
  assert.equal(clock.pending, 0);
});

test('a rollout, a restart and a few crashes are no flapping', () => {
  const { clock, damping, tell } = start();
  for (let crash = 0; crash < 4; crash++) {
    assert.deepEqual(tell(['a', true]), []);
    clock.advance(500);
    assert.deepEqual(tell(['a', false]), []);
    clock.advance(500);
  }
  // And so it may go on, once in a while.
  for (let day = 0; day < 100; day++) {
    clock.advance(15_000);
    assert.deepEqual([...tell(['a', true]), ...tell(['a', false])], []);
  }
  assert.equal(damping.isHeld(group, 'a'), false);
});

test('an endpoint that vanishes and comes back is one that flaps', () => {
  const { clock, damping, tell } = start();
  const held: string[] = [];
  for (let change = 0; change < 20; change++) {
    held.push(...(change % 2 === 0 ? tell(['a', true], ['b', true]) : tell(['b', true])));
    clock.advance(100);
  }
  assert.deepEqual(held, ['a']);
  assert.equal(damping.isHeld(group, 'a'), true);
  damping.forget(group);
  assert.equal(damping.isHeld(group, 'a'), false);
  assert.equal(clock.pending, 0);
});

test('of endpoints that come once and go nothing is kept', () => {
  const { clock, damping, tell } = start();
  for (let pod = 0; pod < 10_000; pod++) {
    tell([`10.0.0.1:${pod}`, true]);
    clock.advance(100);
  }
  assert.ok(damping.size < 500, `${damping.size} are remembered`);
  damping.forget(group);
  assert.equal(damping.size, 0);
});

test('an endpoint that is gone is remembered while half of a penalty is left', () => {
  const { clock, damping, tell } = start();
  tell(['a', true], ['b', true]);
  assert.equal(damping.size, 2);
  tell(['b', true]);
  clock.advance(10_000);
  tell(['b', true]);
  assert.equal(damping.size, 2);
  clock.advance(1);
  tell(['b', true]);
  assert.equal(damping.size, 1);
});

test('closing releases nothing and leaves no timer', () => {
  const { clock, released, damping } = start();
  for (const name of ['one', 'two']) {
    for (let change = 0; change < 20; change++) damping.observe(name, new Map([['a', change % 2 === 0]]));
  }
  assert.equal(clock.pending, 2);
  damping.forget('never seen');
  damping.close();
  assert.equal(clock.pending, 0);
  assert.equal(damping.size, 0);
  assert.deepEqual(released, []);
});
