import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { relative, resolve } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';

const root = resolve(import.meta.dirname, '..');

test('what is published has no test in it and nothing that only tests use', async () => {
  const tsc = resolve(root, 'node_modules/typescript/bin/tsc');
  const args = [tsc, '-p', resolve(root, 'tsconfig.build.json'), '--listFilesOnly'];
  const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 16 * 1024 * 1024 });
  const files = stdout
    .split('\n')
    .map((file) => relative(root, file))
    .filter((file) => file.startsWith('src/'));
  assert.ok(files.includes('src/cli/main.ts'));
  // The test client of xDS is part of the library.
  const tests =
    /\.test\.ts$|\/testing\/|\/testdata\/|^src\/discovery\/(?:cases|recording-observer|dns\/zone-server)\.ts$/;
  assert.deepEqual(
    files.filter((file) => tests.test(file)),
    [],
  );
});
