import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';

test('the example of the README runs', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'ek-readme-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const [, snippet] = /```ts\n([\s\S]*?)```/.exec(readFileSync(join(import.meta.dirname, 'README.md'), 'utf8'))!;
  const file = join(folder, 'example.mts');
  writeFileSync(file, snippet!.replace("'./index.ts'", JSON.stringify(join(import.meta.dirname, 'index.ts'))));
  const { stdout } = await promisify(execFile)(process.execPath, [file]);
  assert.match(stdout, /^(be1-\w+-\w{5} 127\.\d+\.1\.\d zone-[ab]\n){3}$/);
});
