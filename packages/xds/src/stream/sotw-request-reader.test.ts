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

test('what a fleet asks for and acknowledges, type by type, is decoded once', () => {
  const reader = new SotwRequestReader(defaultLimits);
  const storm = ['a', 'b', 'c', 'd'].flatMap((name, nonce) => [request('', name), request(String(nonce + 1), name)]);
  const first = storm.map((bytes) => reader.read(bytes));
  for (let client = 0; client < 3; client++) {
    const node = { id: `client-${client}` };
    const opening = create(DiscoveryRequestSchema, { typeUrl: 't', node, resourceNames: ['a'] });
    assert.equal(reader.read(toBinary(DiscoveryRequestSchema, opening)).names, first[0]!.names);
    assert.ok(storm.every((bytes, index) => reader.read(bytes) === first[index]));
  }
});

test('no more than sixteen requests, and 64 KiB of them, are remembered', () => {
  const reader = new SotwRequestReader(defaultLimits);
  const first = reader.read(request('1', 'a'));
  for (let nonce = 2; nonce <= 16; nonce++) reader.read(request(String(nonce), 'a'));
  assert.equal(reader.read(request('1', 'a')), first);
  const last = reader.read(request('17', 'a'));
  assert.notEqual(reader.read(request('1', 'a')), first);
  assert.equal(reader.read(request('17', 'a')), last);
  reader.read(request('1', ...Array.from({ length: 17 }, (_, index) => String(index).padStart(4_000, 'x'))));
  assert.notEqual(reader.read(request('17', 'a')), last);
});
