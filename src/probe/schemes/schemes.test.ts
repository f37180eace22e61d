import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EvenkeelError } from '../../base/errors.ts';
import { parseSchemeList } from './parse-list.ts';
import { schemeIds, schemes } from './schemes.ts';

test('every id has its scheme and no scheme is without id', () => {
  assert.deepEqual(Object.keys(schemes), [...schemeIds]);
  for (const id of schemeIds) assert.equal(schemes[id].id, id);
});

test('a list is put in the order of the tables, without duplicates', () => {
  assert.deepEqual(parseSchemeList(' xds, clusterip-grpc,xds'), ['clusterip-grpc', 'xds']);
});

test('an unknown scheme is refused, with those that exist', () => {
  for (const text of ['xds,nope', 'toString', ' , ']) {
    assert.throws(
      () => parseSchemeList(text),
      (error) =>
        error instanceof EvenkeelError &&
        error.code === 'EK_UNKNOWN_SCHEME' &&
        error.exitCode === 2 &&
        schemeIds.every((id) => error.hint.includes(id)),
      text,
    );
  }
});
