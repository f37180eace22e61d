import assert from 'node:assert/strict';
import { test } from 'node:test';
import { noCalls } from './evidence.ts';
import { Suspicion } from './suspicion.ts';

test('what somebody called bad counts for 30 s, and what is good does not keep it', () => {
  const suspicion = new Suspicion();
  suspicion.add({ ...noCalls(), bad: 1 }, 0);
  suspicion.add({ ...noCalls(), bad: 1 }, 10_000);
  suspicion.add({ ...noCalls(), good: 5 }, 20_000);
  assert.deepEqual(suspicion.sum(30_000), { since: 0, calls: { ...noCalls(), bad: 2, good: 5 } });
  assert.deepEqual(suspicion.sum(30_001), { since: 10_000, calls: { ...noCalls(), bad: 1, good: 5 } });
  assert.equal(suspicion.sum(40_001), undefined);
});
