import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';

const root = resolve(import.meta.dirname, '..');
const read = (name: string): string => readFileSync(join(root, name), 'utf8');
const { dependencies, devDependencies } = JSON.parse(read('package.json')) as Record<string, Record<string, string>>;

test('ARCHITECTURE.md says of every dependency why it is there', () => {
  const section = read('ARCHITECTURE.md')
    .split('\n## ')
    .find((text) => text.startsWith('Dependencies'));
  const named = [...(section ?? '').matchAll(/^\| `([^`]+)` \| .+ \|$/gm)].map(([, name]) => name!);
  assert.deepEqual(named, Object.keys(dependencies!).sort());
});

test('the list of components (SBOM) has every package that is installed, and none that is not', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'evenkeel-sbom-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'bom.json');
  await promisify(execFile)(process.execPath, [join(root, 'scripts', 'sbom.mjs'), file]);
  const bom = JSON.parse(readFileSync(file, 'utf8')) as {
    bomFormat: string;
    metadata: { component: { name: string } };
    components: { name: string; version: string; purl: string; hashes?: { alg: string }[]; licenses?: unknown[] }[];
  };
  assert.deepEqual([bom.bomFormat, bom.metadata.component.name], ['CycloneDX', 'evenkeel']);
  const names = new Set(bom.components.map(({ name }) => name));
  const page = globSync('src/dashboard/**/*.{ts,tsx}', { cwd: root }).map(read).join('\n');
  // Neither files of ours, which begin with a dot, nor modules of Node, which have a colon.
  const inPage = new Set([...page.matchAll(/ from '((?:@[^/']+\/)?[^./':]+)(?=[/'])/g)].map(([, name]) => name!));
  assert.ok(inPage.has('preact'), 'what the page imports is found');
  for (const name of Object.keys(dependencies!)) assert.ok(names.has(name), name);
  for (const name of inPage) assert.ok(names.has(name), `${name}, which the page is compiled from`);
  for (const name of ['typescript', '@biomejs/biome']) assert.ok(name in devDependencies! && !names.has(name), name);
  const { packages } = JSON.parse(read('package-lock.json')) as { packages: Record<string, { dev?: boolean }> };
  const locked = Object.entries(packages).filter(([path, { dev }]) => path !== '' && dev !== true);
  assert.ok(!names.has('@evenkeel/conformance'), 'what evenkeel does not depend on is no part of it');
  assert.ok(bom.components.length >= Object.keys(dependencies!).length);
  assert.ok(bom.components.length <= locked.length + inPage.size);
  for (const { name, version, purl, hashes } of bom.components) {
    assert.match(purl, /^pkg:npm\//, name);
    assert.match(version, /^\d+\.\d+\.\d+/, name);
    // What is made here has a hash when it is packed.
    if (name === '@evenkeel/xds') continue;
    assert.ok(
      hashes?.some(({ alg }) => alg === 'SHA-512'),
      `${name} has no hash`,
    );
  }
});
