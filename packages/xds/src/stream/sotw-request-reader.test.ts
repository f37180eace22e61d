import assert from 'node:assert/strict';
import { test } from 'node:test';
import { create, toBinary } from '@bufbuild/protobuf';
import { DiscoveryRequestSchema } from '../gen/envoy/service/discovery/v3/discovery_pb.ts';
import { defaultLimits } from '../limits.ts';
import { SotwRequestReader } from './sotw-request-reader.ts';

function request(responseNonce: string, ...resourceNames: string[]): Uint8Array {
  return toBinary(
    DiscoveryRequestSchema,
    create(DiscoveryRequestSchema, { typeUrl: 't', resourceNames, responseNonce }),
  );
}

test('equal bytes are decoded once, different ones are not mistaken for them', () => {
  const reader = new SotwRequestReader(defaultLimits);
  const first = reader.read(request('1', 'a'));
  assert.equal(reader.read(request('1', 'a')), first);
  assert.equal(reader.read(request('2', 'a')).nonce, '2');
  assert.equal(reader.read(request('1', 'a')).nonce, '1');
});

test('equal names are one array, so that a subscription sees at once that nothing changed', () => {
  const reader = new SotwRequestReader(defaultLimits);
  const { names } = reader.read(request('1', 'a', 'b'));
  assert.equal(reader.read(request('2', 'a', 'b')).names, names);
  for (const other of [['a'], ['a', 'c'], ['a', 'b', 'c'], []]) {
    assert.deepEqual(reader.read(request('2', ...other)).names, other);
  }
});

test('the buffer that the bytes came in may be used again', () => {
  const reader = new SotwRequestReader(defaultLimits);
  const buffer = Buffer.from(request('1', 'a'));
  reader.read(buffer);
  buffer.set(request('1', 'b'));
  assert.deepEqual(reader.read(buffer).names, ['b']);
});
