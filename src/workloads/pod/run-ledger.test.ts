import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RunLedger } from './run-ledger.ts';

test('counts calls and distinct connections by run', () => {
  const ledger = new RunLedger();
  const socket = {};
  ledger.record('one', socket);
  ledger.record('one', socket);
  ledger.record('one', {});
  ledger.record('two', '127.0.0.1:5');
  ledger.record('two', '127.0.0.1:5');
  ledger.record(undefined, socket);
  ledger.record('', socket);
  assert.deepEqual(ledger.count('one'), { calls: 3, connections: 2 });
  assert.deepEqual(ledger.count('two'), { calls: 2, connections: 1 });
  assert.deepEqual(ledger.count('three'), { calls: 0, connections: 0 });
});

test('tells everything it remembers', () => {
  const ledger = new RunLedger();
  ledger.record('one', 'a');
  ledger.record('two', 'a');
  ledger.record('two', 'b');
  assert.deepEqual(ledger.counts(), { one: { calls: 1, connections: 1 }, two: { calls: 2, connections: 2 } });
});

test('forgets the oldest run when there are too many', () => {
  const ledger = new RunLedger({ maxRuns: 2 });
  for (const run of ['one', 'two', 'one', 'three']) ledger.record(run, 'peer');
  assert.deepEqual(ledger.count('one'), { calls: 0, connections: 0 });
  assert.deepEqual(ledger.count('two'), { calls: 1, connections: 1 });
  assert.deepEqual(ledger.count('three'), { calls: 1, connections: 1 });
});

test('stops counting connections, not calls, at the bound', () => {
  const ledger = new RunLedger({ maxConnections: 2 });
  for (const peer of ['a', 'b', 'c']) ledger.record('one', peer);
  assert.deepEqual(ledger.count('one'), { calls: 3, connections: 2 });
});

test('keeps no run whose id is longer than 128 characters', () => {
  const ledger = new RunLedger();
  ledger.record('x'.repeat(129), 'peer');
  assert.equal(ledger.count('x'.repeat(129)).calls, 0);
});
