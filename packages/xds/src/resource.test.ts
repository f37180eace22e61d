import assert from 'node:assert/strict';
import { test } from 'node:test';
import { create, toBinary } from '@bufbuild/protobuf';
import { digestOf, SetDigest } from './digest.ts';
import { ClusterSchema } from './gen/envoy/config/cluster/v3/cluster_pb.ts';
import { encodeResource, fromAny, typeUrls } from './index.ts';
import { cluster } from './testing/fixture.ts';

test('the name is that of the message, the version a hash of the content', () => {
  const value = toBinary(ClusterSchema, create(ClusterSchema, { name: 'a', altStatName: 'b' }));
  const resource = fromAny({ typeUrl: typeUrls.cluster, value });
  assert.equal(resource.name, 'a');
  assert.deepEqual(Buffer.from(resource.bytes), Buffer.from(value));
  assert.equal(
    resource.version,
    encodeResource(ClusterSchema, create(ClusterSchema, { name: 'a', altStatName: 'b' })).version,
  );
  assert.notEqual(resource.version, encodeResource(ClusterSchema, create(ClusterSchema, { name: 'a' })).version);
  assert.match(resource.version, /^[\w-]{16}$/);
});

test('name and version can be given', () => {
  const resource = fromAny({ typeUrl: 'x/y', value: Buffer.from([8, 1]) }, { name: 'n', version: 'v' });
  assert.deepEqual([resource.typeUrl, resource.name, resource.version], ['x/y', 'n', 'v']);
});

test('a resource that cannot be named is an error', () => {
  for (const [any, message] of [
    [{ typeUrl: '', value: Buffer.from([10, 1, 97]) }, /without a type URL/],
    [{ typeUrl: 'x/y', value: Buffer.alloc(0) }, /without a name/],
    [{ typeUrl: 'x/y', value: Buffer.from([10, 9]) }, /not protobuf/],
  ] as const) {
    assert.throws(() => fromAny(any), { code: 'EK_XDS_RESOURCE', message });
  }
});

test('the digest of a set does not depend on its order, and what is taken away is gone', () => {
  const [a, b, c] = [cluster('a'), cluster('b'), cluster('c')];
  assert.equal(digestOf([a, b, c]), digestOf([c, a, b]));
  assert.notEqual(digestOf([a, b]), digestOf([a, c]));
  const digest = new SetDigest();
  for (const { fingerprint } of [a, b, c]) digest.add(fingerprint);
  digest.subtract(b.fingerprint);
  assert.equal(digest.toString(), digestOf([c, a]));
});
