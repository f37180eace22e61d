import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { test } from 'node:test';

const docs = resolve(import.meta.dirname, '..', 'docs');
const index = readFileSync(resolve(docs, 'README.md'), 'utf8');

test('docs/README.md has a row for every page, in the order of their names', () => {
  const pages = globSync('**/*.md', { cwd: docs }).filter((page) => page !== 'README.md');
  const rows = [...index.matchAll(/^\| \[([^\]]+)\]\(([^)]+)\) \| \S.* \|$/gm)];
  assert.deepEqual(
    rows.map(([, , target]) => target),
    pages.sort(),
    'add a row to docs/README.md for a new page',
  );
  for (const [, text, target] of rows) assert.equal(text, target);
});

test('everything else that it links to is there', () => {
  const targets = [...index.matchAll(/\]\(([^)#]+)\)/g)].map(([, target]) => target!);
  assert.deepEqual(
    targets.filter((target) => !existsSync(resolve(docs, target))),
    [],
  );
});
