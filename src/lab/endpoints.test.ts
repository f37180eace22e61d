import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type LabEndpoint, selects, usable } from './endpoints.ts';

const pod = { namespace: 'default', deployment: 'be1', labels: { app: 'be1', version: 'v2' } };

test('a selector takes pods of its own namespace that have all its labels, or of one of its deployments', () => {
  assert.equal(selects({ name: 'be1' }, pod), true);
  assert.equal(selects({ name: 'be1-srv' }, pod), false);
  assert.equal(selects({ name: 'be1-srv', selector: { app: 'be1', version: 'v2' } }, pod), true);
  assert.equal(selects({ name: 'be1-srv', selector: { app: 'be1', version: 'v1' } }, pod), false);
  assert.equal(selects({ name: 'be1-srv', selector: ['be2', 'be1'] }, pod), true);
  assert.equal(selects({ name: 'be1-srv', selector: ['be2'] }, pod), false);
  assert.equal(selects({ name: 'be1', namespace: 'shop' }, pod), false);
});

test('pods on their way out are used only where nothing is ready', () => {
  const endpoint = (ready: boolean, serving: boolean, terminating: boolean): LabEndpoint => {
    const address = [ready, serving, terminating].join();
    return { address, pod: '', ready, serving, terminating, zone: '', region: '', kubeNode: '' };
  };
  const ready = endpoint(true, true, false);
  const leaving = endpoint(false, true, true);
  const broken = endpoint(false, false, false);
  const gone = endpoint(false, false, true);
  assert.deepEqual(usable([broken, leaving, ready, gone]), [ready]);
  assert.deepEqual(usable([broken, leaving, gone]), [leaving]);
  assert.deepEqual(usable([broken, gone]), []);
});
