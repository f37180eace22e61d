import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Caller, callerOf } from './caller.ts';

type Node = Parameters<typeof callerOf>[0];

function caller(node: Partial<Node>): Caller {
  const zones: Record<string, string> = { 'node-1': 'zone-b' };
  return callerOf({ id: '', metadata: {}, locality: { zone: '' }, ...node }, (kubeNode) => zones[kubeNode]);
}

test('a caller is what its node says it is, and unknown where it says nothing', () => {
  assert.deepEqual(caller({}), { namespace: 'unknown', workload: 'unknown', zone: 'unknown' });
  const metadata = { namespace: 'shop', workload: 'web' };
  assert.deepEqual(caller({ metadata, locality: { zone: 'zone-a' } }), { ...metadata, zone: 'zone-a' });
});

test('without a workload it is what the pod in its id belongs to', () => {
  const workloadOf = (id: string): string => caller({ id }).workload;
  assert.equal(workloadOf('web-6b7fb94bfb-hf6zv'), 'web');
  assert.equal(workloadOf('web-front-7c9d8f6b5c-x2x4z'), 'web-front');
  assert.equal(workloadOf('db-12'), 'db');
  for (const id of ['web', 'laptop.local', 'sidecar~10.0.0.1~web.shop', 'a'.repeat(2_000)]) {
    assert.equal(workloadOf(id), 'unknown', id.slice(0, 20));
  }
});

test('the zone is that of its Kubernetes node where it does not say one', () => {
  assert.equal(caller({ metadata: { kubeNode: 'node-1' } }).zone, 'zone-b');
  assert.equal(caller({ metadata: { kubeNode: 'node-9' } }).zone, 'unknown');
  assert.equal(caller({ metadata: { kubeNode: 'node-1' }, locality: { zone: 'zone-a' } }).zone, 'zone-a');
});

test('what is no name becomes nobody’s label', () => {
  for (const workload of ['', 'a b', 'a"b', 'x\n', '\u{1b}[2J', 'x'.repeat(300), 7, null, {}]) {
    assert.equal(caller({ metadata: { workload } }).workload, 'unknown', JSON.stringify(workload).slice(0, 20));
  }
});
