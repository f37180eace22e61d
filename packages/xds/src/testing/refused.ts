import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ResourceError } from '../errors.ts';
import { checkPortable, type EncodedResource } from '../index.ts';

/** What is wrong, and the field that the error has to name. */
export type RefusedCase = readonly [what: string, field: string, make: () => EncodedResource];

/** A test for each value that clients would reject: the builder or the check refuses it and says where it is. */
export function testRefused(type: string, cases: readonly RefusedCase[]): void {
  for (const [what, field, make] of cases) {
    test(`${type}: ${what} is refused at ${field}`, () => {
      assert.throws(
        () => checkPortable(make()),
        (error) => {
          assert.ok(error instanceof ResourceError);
          assert.equal(error.code, 'EK_XDS_RESOURCE');
          assert.equal(error.field, field);
          assert.ok(error.message.startsWith(`${type} "`), error.message);
          return true;
        },
      );
    });
  }
}
