import assert from 'node:assert/strict';
import { test } from 'node:test';
import { searchDomain } from './name-ttl.ts';

test("finds the namespace's domain in a pod's resolv.conf", () => {
  const pod = 'search shop.svc.k8s.example svc.k8s.example k8s.example\nnameserver 10.96.0.10\noptions ndots:5\n';
  assert.equal(searchDomain(pod), 'shop.svc.k8s.example');
});

test('a machine has none', () => {
  assert.equal(searchDomain('nameserver 192.0.2.1\nsearch example.com\n'), undefined);
  assert.equal(searchDomain(''), undefined);
});
