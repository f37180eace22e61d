import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromBinary } from '@bufbuild/protobuf';
import {
  DeltaDiscoveryResponseSchema,
  DiscoveryResponseSchema,
} from '../gen/envoy/service/discovery/v3/discovery_pb.ts';
import { type EncodedResource, typeUrls, type Variant } from '../index.ts';
import { cluster } from '../testing/fixture.ts';
import { partOf, ResponseEncoder } from './response-encoder.ts';

function content(variant: Variant, resources: readonly EncodedResource[], version = 'v', removed: string[] = []) {
  const typeUrl = typeUrls.cluster;
  return { variant, typeUrl, version, ...partOf(resources), removed };
}

test('a frame is a gRPC message that a protobuf library reads', () => {
  const encoder = new ResponseEncoder('replica-1');
  const resources = [cluster('a'), cluster('b'.repeat(300))];
  const { frame, nonce } = encoder.encode(content('sotw', resources), 0);
  assert.equal(frame[0], 0);
  assert.equal(frame.readUInt32BE(1), frame.length - 5);
  const response = fromBinary(DiscoveryResponseSchema, frame.subarray(5));
  assert.equal(response.versionInfo, 'v');
  assert.equal(response.typeUrl, typeUrls.cluster);
  assert.equal(response.nonce, String(nonce));
  assert.equal(response.controlPlane?.identifier, 'replica-1');
  assert.deepEqual(
    response.resources.map(({ typeUrl, value }) => [typeUrl, Buffer.from(value)]),
    resources.map(({ typeUrl, bytes }) => [typeUrl, bytes]),
  );
});

test('a delta frame as well, with names, versions and removals', () => {
  const encoder = new ResponseEncoder();
  const { frame, nonce } = encoder.encode(content('delta', [cluster('ä')], 'v', ['x', 'ÿ']), 0);
  const response = fromBinary(DeltaDiscoveryResponseSchema, frame.subarray(5));
  assert.equal(response.systemVersionInfo, 'v');
  assert.equal(response.typeUrl, typeUrls.cluster);
  assert.equal(response.nonce, String(nonce));
  assert.equal(response.controlPlane, undefined);
  assert.deepEqual(response.removedResources, ['x', 'ÿ']);
  const [resource] = response.resources;
  assert.deepEqual([resource?.name, resource?.version], ['ä', cluster('ä').version]);
  assert.deepEqual(Buffer.from(resource!.resource!.value), cluster('ä').bytes);
});

test('an empty response is one, too', () => {
  const { frame } = new ResponseEncoder().encode(content('sotw', []), 0);
  assert.deepEqual(fromBinary(DiscoveryResponseSchema, frame.subarray(5)).resources, []);
});

test('streams that get the same share every byte', () => {
  const encoder = new ResponseEncoder();
  const first = encoder.encode(content('sotw', [cluster('a')]), 0);
  const second = encoder.encode(content('sotw', [cluster('a')]), 0);
  assert.equal(second.frame, first.frame);
});

test('a stream that has seen the nonce, or a later one, gets a new one', () => {
  const encoder = new ResponseEncoder();
  const first = encoder.encode(content('sotw', [cluster('a')]), 0);
  const again = encoder.encode(content('sotw', [cluster('a')]), first.nonce);
  assert.ok(again.nonce > first.nonce);
  const third = encoder.encode(content('sotw', [cluster('a')]), 0);
  assert.equal(third.frame, again.frame, 'the newest is what is shared');
});

test('another variant, type, version, content or removal is another response', () => {
  const encoder = new ResponseEncoder();
  const base = content('delta', [cluster('a')], 'v', ['x']);
  const frames = [
    base,
    { ...base, variant: 'sotw' as const },
    { ...base, typeUrl: typeUrls.listener },
    { ...base, version: 'w' },
    content('delta', [cluster('a', 2)], 'v', ['x']),
    { ...base, removed: ['y'] },
    { ...base, removed: [] },
  ].map((each) => encoder.encode(each, 0).frame);
  assert.equal(new Set(frames).size, frames.length);
});

test('what is kept is bounded', () => {
  const encoder = new ResponseEncoder();
  const first = encoder.encode(content('sotw', [cluster('a')], '0'), 0);
  for (let version = 1; version < 1_000; version++) encoder.encode(content('sotw', [cluster('a')], String(version)), 0);
  assert.notEqual(encoder.encode(content('sotw', [cluster('a')], '0'), 0).frame, first.frame);
});
