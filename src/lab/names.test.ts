import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EvenkeelError } from '../base/errors.ts';
import { checkName, podName, templateHash } from './names.ts';
import { seededRandom } from './random.ts';

test('a pod is named after its deployment, its template and chance', () => {
  const name = podName('be1', templateHash({ args: ['x'] }), seededRandom(7, 'names'), new Set());
  assert.match(name, /^be1-[bcdf456789]{10}-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
  assert.equal(podName('be1', templateHash({ args: ['x'] }), seededRandom(7, 'names'), new Set()), name);
  assert.notEqual(podName('be1', templateHash({ args: ['x'] }), seededRandom(8, 'names'), new Set()), name);
});

test('a name that is taken is not given again', () => {
  const first = podName('be1', 'h', seededRandom(1, 'names'), new Set());
  assert.notEqual(podName('be1', 'h', seededRandom(1, 'names'), new Set([first])), first);
});

test('the hash of a template is that of its content', () => {
  const hash = templateHash({ args: ['a'], env: { X: '1', Y: '2' } });
  assert.equal(templateHash({ env: { Y: '2', X: '1' }, args: ['a'], command: undefined }), hash);
  assert.notEqual(templateHash({ args: ['a'], env: { X: '1', Y: '3' } }), hash);
});

test('a hash is as long where its number is small', () => {
  assert.equal(templateHash({ args: ['16765'] }), '44444894cf');
});

test('names that Kubernetes refuses are refused', () => {
  for (const name of ['', 'Be1', 'be_1', '-be1', 'be1-', 'a'.repeat(64)]) {
    assert.throws(
      () => checkName(name, 'name'),
      (error) => error instanceof EvenkeelError && error.code === 'EK_LAB_SPEC',
    );
  }
  checkName('be1-srv', 'name');
});
