import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkPortable, fromAny, typeUrls } from '../index.ts';

test('what is no such message, and types that gRPC does not know, are refused', () => {
  assert.throws(
    () => checkPortable(fromAny({ typeUrl: typeUrls.cluster, value: Buffer.from([0xa, 1, 97, 0x18]) }, { name: 'a' })),
    {
      code: 'EK_XDS_RESOURCE',
      message: /cannot be decoded/,
    },
  );
  assert.throws(() => checkPortable(fromAny({ typeUrl: 'x/y', value: Buffer.from([0xa, 1, 97]) })), {
    code: 'EK_XDS_RESOURCE',
    message: /not a type/,
  });
});
