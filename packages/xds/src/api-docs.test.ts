import assert from 'node:assert/strict';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import * as library from './index.ts';
import { apiPage, declarationsOf } from './testing/api-docs.ts';

const declarations = declarationsOf(join(import.meta.dirname, 'index.ts'));

test('docs/api.md is what the source says', (t) => {
  const page = resolve(import.meta.dirname, '../docs/api.md');
  t.assert.fileSnapshot(apiPage(declarations), page, { serializers: [(text: string) => text] });
});

test('every export says what it is, and so does every member of a class', () => {
  const silent = declarations.flatMap(({ name, doc, members }) => [
    ...(doc === '' ? [name] : []),
    ...members.filter((member) => member.doc === '').map(({ signature }) => `${name}: ${signature}`),
  ]);
  assert.deepEqual(silent, []);
});

test('whatever exists at run time is in the page', () => {
  const values = declarations.filter(({ kind }) => kind !== 'interface' && kind !== 'type').map(({ name }) => name);
  const inPage = new Set(values);
  assert.deepEqual(
    Object.keys(library).filter((name) => !inPage.has(name)),
    [],
  );
});
