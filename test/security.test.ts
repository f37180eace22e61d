import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';

const root = resolve(import.meta.dirname, '..');

test('install scripts run for two dependencies, and the image runs without root', () => {
  const text = (path: string): string => readFileSync(join(root, path), 'utf8');
  const { allowScripts } = JSON.parse(text('package.json')) as { allowScripts: Record<string, boolean> };
  assert.equal(Object.keys(allowScripts).length, 2);
  const stages = text('deploy/image/Dockerfile').split(/^FROM /m);
  const served = stages.filter((stage) => stage.includes('ENTRYPOINT'));
  assert.equal(served.length, 2);
  for (const stage of served) assert.match(stage, /^USER [1-9]\d*:[1-9]/m, stage);
  assert.match(stages[0]!, /^ARG RUNTIME=gcr\.io\/distroless\//m, 'no shell');
});

test('every test that SECURITY.md names is there', () => {
  const rows = [...readFileSync(join(root, 'SECURITY.md'), 'utf8').matchAll(/^\| .* \| \[`(.*)`\]\((.*)\) \|$/gm)];
  assert.ok(rows.length > 10);
  for (const [, name, file] of rows) {
    assert.ok(readFileSync(join(root, file!), 'utf8').includes(name!), `${file} has no test "${name}"`);
  }
});
