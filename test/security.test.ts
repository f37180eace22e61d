import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';

const root = resolve(import.meta.dirname, '..');

test('every test that SECURITY.md names is there', () => {
  const rows = [...readFileSync(join(root, 'SECURITY.md'), 'utf8').matchAll(/^\| .* \| \[`(.*)`\]\((.*)\) \|$/gm)];
  assert.ok(rows.length > 10);
  for (const [, name, file] of rows) {
    assert.ok(readFileSync(join(root, file!), 'utf8').includes(name!), `${file} has no test "${name}"`);
  }
});
