import assert from 'node:assert/strict';
import { test } from 'node:test';
import { schemeIds, schemes } from '../probe/index.ts';
import { backendNames, backendOf, schemesOf } from './backends.ts';

test('every scheme calls the pods of one deployment', () => {
  const shared = Object.values(backendNames).flatMap(schemesOf);
  assert.deepEqual(shared.sort(), [...schemeIds].sort());
  for (const scheme of schemeIds) assert.ok(schemesOf(backendOf(scheme)).includes(scheme), scheme);
});

test('a MaxConnectionAge concerns the one scheme that is about it', () => {
  assert.deepEqual(schemesOf(backendNames.aged), ['headless-round-robin-max-age']);
});

test('HTTP and gRPC never meet', () => {
  assert.ok(schemesOf(backendNames.http).every((scheme) => schemes[scheme].protocol === 'http'));
  assert.ok(schemesOf(backendNames.grpc).every((scheme) => schemes[scheme].protocol === 'grpc'));
});

test('the pods of something else get no calls', () => {
  assert.deepEqual(schemesOf('evenkeel'), []);
});
