import assert from 'node:assert/strict';
import { test } from 'node:test';
import { demandOf } from './demand.ts';

test('what is on the way to what is heard comes nearer than what is not would begin to move', () => {
  const clients = ['a', 'b'].map((zone) => ({ id: zone, zone, caller: 'web', reports: true }));
  const heard = ['a', 'b'].map((zone, index) => ({ caller: 'web', zone, calls: 202 - index * 4 }));
  const weights = { 'web a': 1, 'web b': 1 };
  assert.deepEqual(demandOf(clients, heard, { weights, following: false }), { weights, following: false });
  assert.deepEqual(demandOf(clients, heard, { weights, following: true }), {
    weights: { 'web a': 1.005, 'web b': 0.995 },
    following: true,
  });
});

test('where one client of a caller does not report, the caller is not idle because nothing is heard of it', () => {
  const web = { id: 'web', zone: '', caller: 'web', reports: true };
  const heard = [{ caller: 'web', zone: '', calls: 100 }];
  const weightOf = (...reports: boolean[]): number | undefined => {
    const others = reports.map((one, index) => ({ id: `${index}`, zone: '', caller: 'batch', reports: one }));
    return demandOf([web, ...others], heard, { weights: {}, following: false }).weights['batch '];
  };
  assert.equal(weightOf(true, false), 1);
  assert.ok(weightOf(true, true)! < 0.1);
});
