import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { complaints } from './client-state.ts';
import type { ClientResource } from './client-status.ts';

function resource(name: string, status: string, error = ''): ClientResource {
  return { type: 'Listener', name, status, version: '1', error };
}

suite('complaints about what a client holds', () => {
  test('none where everything is acked', () => {
    assert.deepEqual(complaints([resource('be1-srv', 'ACKED')], []), []);
  });

  test('a client without resources has not spoken to the control plane', () => {
    assert.equal(complaints([], []).length, 1);
  });

  test('a rejection is told with its reason, even if an older version is in force', () => {
    assert.deepEqual(
      complaints([resource('be1-srv', 'NACKED', 'no locality'), resource('be2-srv', 'ACKED', 'old')], []),
      ['Listener be1-srv is NACKED: no locality', 'Listener be2-srv is ACKED: old'],
    );
  });

  test('what cannot exist yet is no complaint, and is one once it should', () => {
    const asked = [resource('be1-srv', 'ACKED'), resource('late-srv', 'DOES_NOT_EXIST')];
    assert.deepEqual(complaints(asked, ['late-srv']), []);
    assert.deepEqual(complaints(asked, []), ['Listener late-srv is DOES_NOT_EXIST']);
  });
});
