import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openFileLimit } from '../base/open-files.ts';
import { placesWithin } from './connection-places.ts';

test('connections end before the open files do', () => {
  assert.deepEqual(placesWithin(1_048_576), { sessions: 20_000, handshakes: 1_000 });
  assert.deepEqual(placesWithin(undefined), { sessions: 20_000, handshakes: 1_000 });
  assert.deepEqual(placesWithin(20_000), { sessions: 18_744, handshakes: 1_000 });
  assert.deepEqual(placesWithin(1_024), { sessions: 692, handshakes: 76 });
  assert.deepEqual(placesWithin(1_048_576, 50_000), { sessions: 50_000, handshakes: 1_000 });
  assert.deepEqual(placesWithin(20_000, 50_000), { sessions: 18_744, handshakes: 1_000 });
  assert.deepEqual(placesWithin(64), { sessions: 18, handshakes: 2 });
});

test('the limit of open files is what the system says, if it does', () => {
  assert.equal(
    openFileLimit(() => 'Limit  Soft Hard\nMax open files            1024    524288   files\n'),
    1_024,
  );
  assert.equal(
    openFileLimit(() => 'Max open files  unlimited unlimited files\n'),
    undefined,
  );
  assert.equal(
    openFileLimit(() => {
      throw new Error('no /proc');
    }),
    undefined,
  );
});
