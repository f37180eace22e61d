import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { attacks } from './attacks.ts';

test('SECURITY.md has their number', () => {
  const text = readFileSync(join(import.meta.dirname, '..', '..', 'SECURITY.md'), 'utf8');
  assert.ok(text.includes(` ${Object.keys(attacks).length} attacks`), `there are ${Object.keys(attacks).length}`);
});

test('the README has every attack, with what it does', () => {
  const text = readFileSync(join(import.meta.dirname, 'README.md'), 'utf8');
  const missing = Object.keys(attacks).filter((name) => !text.includes(`\`${name}\``));
  assert.deepEqual(missing, []);
});
