import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { EvenkeelError } from './errors.ts';
import { findEnvoy } from './find-envoy.ts';

suite('findEnvoy', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'find-envoy-'));
  });
  after(() => rm(folder, { recursive: true }));

  async function program(...path: string[]): Promise<string> {
    const file = join(folder, ...path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, '#!/bin/sh\n', { mode: 0o755 });
    return file;
  }

  /** Nothing of this machine is looked at. */
  const nothing = () => ({ env: { PATH: '' }, buildFolder: join(folder, 'no-build'), pythonFolders: [] });

  test('finds none where there is none', async () => {
    assert.equal(await findEnvoy(nothing()), undefined);
  });

  test('takes the first on PATH, and EVENKEEL_ENVOY before it', async () => {
    const first = await program('bin1', 'envoy');
    await program('bin2', 'envoy');
    const PATH = [join(folder, 'empty'), dirname(first), join(folder, 'bin2')].join(delimiter);
    assert.equal(await findEnvoy({ ...nothing(), env: { PATH } }), first);
    const named = await program('mine');
    assert.equal(await findEnvoy({ ...nothing(), env: { PATH, EVENKEEL_ENVOY: named } }), named);
  });

  test('an EVENKEEL_ENVOY that cannot be run is an error, not a reason to take another', async () => {
    const PATH = dirname(await program('bin3', 'envoy'));
    await writeFile(join(folder, 'text'), 'no program', { mode: 0o644 });
    for (const named of [join(folder, 'missing'), join(folder, 'text')]) {
      await assert.rejects(findEnvoy({ ...nothing(), env: { PATH, EVENKEEL_ENVOY: named } }), (error) => {
        assert.ok(error instanceof EvenkeelError);
        assert.equal(error.code, 'EK_USAGE');
        assert.equal(error.location.field, 'EVENKEEL_ENVOY');
        return true;
      });
    }
  });

  test('finds what was installed into the build folder', async () => {
    const installed = await program('build', 'envoy', 'envoy', '_bin', 'envoy');
    assert.equal(await findEnvoy({ ...nothing(), buildFolder: join(folder, 'build') }), installed);
  });

  test('finds the Python package, of the newest Python', async () => {
    await program('lib', 'python3.9', 'site-packages', 'envoy', '_bin', 'envoy');
    const newest = await program('lib', 'python3.13', 'dist-packages', 'envoy', '_bin', 'envoy');
    assert.equal(await findEnvoy({ ...nothing(), pythonFolders: [join(folder, 'lib')] }), newest);
  });
});
