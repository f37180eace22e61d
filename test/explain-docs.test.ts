import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { clientStates } from '../src/controlplane/client-states.ts';

const root = resolve(import.meta.dirname, '..');
const page = readFileSync(join(root, 'docs', 'explain.md'), 'utf8');

test('docs/explain.md has every state of a client and every kind of finding, and no other', () => {
  const source = readFileSync(join(root, 'src', 'explain', 'finding.ts'), 'utf8');
  const kinds = [...source.slice(0, source.indexOf(';')).matchAll(/^ {2}\| '([a-z-]+)'/gm)].map(([, kind]) => kind!);
  assert.ok(kinds.length > 20);
  assert.deepEqual(
    kinds.filter((kind) => !page.includes(`\`${kind}\``)),
    [],
  );
  const rows = [...page.matchAll(/\| `([a-z-]+)` \|$/gm)].map(([, kind]) => kind!);
  assert.deepEqual(
    rows.filter((kind) => !kinds.includes(kind)),
    [],
  );
  for (const state of clientStates) assert.match(page, new RegExp(`^\\| \`${state}\` \\|`, 'm'));
});
