import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { relative, resolve } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';

const root = resolve(import.meta.dirname, '..');

test('what is published has no test in it and nothing that only tests use', async () => {
  const tsc = resolve(root, 'node_modules/typescript/bin/tsc');
  const listed = async (project: string): Promise<string[]> => {
    const args = [tsc, '-p', resolve(root, project), '--listFilesOnly'];
    const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 16 * 1024 * 1024 });
    return stdout.split('\n').map((file) => relative(root, file));
  };
  const projects = ['.', 'packages/xds', 'packages/conformance'].map((folder) => `${folder}/tsconfig.build.json`);
  const files = (await Promise.all(projects.map(listed)))
    .flat()
    .filter((file) => /^(?:packages\/\w+\/)?src\//.test(file));
  for (const file of ['src/cli/main.ts', 'packages/xds/src/index.ts', 'packages/conformance/src/main.ts'])
    assert.ok(files.includes(file), file);
  // The test client of xDS is part of the library.
  const tests = /\.test\.ts$|\/testing\/|\/testdata\//;
  assert.deepEqual(
    files.filter((file) => tests.test(file)),
    [],
  );
});
