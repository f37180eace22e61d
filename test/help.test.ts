// Every program of this repository that a person starts says with --help what it is for, and refuses what it does not know.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { outcomeOf, root } from './support/outcome.ts';

const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const { scripts } = JSON.parse(read('package.json')) as { readonly scripts: Readonly<Record<string, string>> };

/** Files that npm's scripts start, and those that people start by name. */
const programs = [
  ...new Set([
    ...Object.values(scripts).flatMap((line) =>
      [...line.matchAll(/\bnode ((?:[\w.-]+\/)+[\w.-]+)/g)].map(([, file]) => file!),
    ),
    'bench/cluster/run.ts',
    'bench/hard/slow-reader.ts',
    'bench/hostile/run.ts',
    'bench/hostile/crowds.ts',
    'bench/hostile/endurance.ts',
    'bench/load/accuracy.ts',
    'bench/plan/run.ts',
    'bench/work/run.ts',
    'bench/reports/run.ts',
    'cluster/clients/context.mjs',
    'interop/first-start.ts',
    'scripts/page-picture.mjs',
    'scripts/picture.mjs',
  ]),
].filter((file) => !file.includes('cli/main'));

/** Started by other programs only. */
const internal = [
  'bench/fanout/server.ts',
  'bench/hard/silent-clients.ts',
  'bench/hard/slow-reader-server.ts',
  'bench/hostile/attacker.ts',
  'bench/hostile/crowd-client.ts',
  'bench/hostile/victim.ts',
  'bench/kubernetes/server.ts',
  'cluster/systems/mesh-definitions.ts',
  'deploy/image/warm-cache.mjs',
  'scripts/test-limit.mjs',
];

for (const file of programs) {
  test(`${file} --help`, async () => {
    assert.ok(existsSync(join(root, file)), `${file} is in package.json and does not exist`);
    const { code, stdout, stderr } = await outcomeOf(process.execPath, [join(root, file), '--help']);
    assert.deepEqual([code, stderr], [0, '']);
    assert.match(stdout, /^Usage: (?:npm run |node )/);
    assert.match(stdout, /^Examples?:\n {2}\S/m);
    for (const line of stdout.split('\n')) assert.ok(line.length <= 80, line);
    assert.match(read(file), /\breadArguments\(/, 'what it does not know is refused as by all');
  });
}

test('what a program does not know is refused', async () => {
  const { code, stdout, stderr } = await outcomeOf(process.execPath, [
    join(root, 'scripts/sbom.mjs'),
    '--no-such-option',
  ]);
  assert.deepEqual([code, stdout], [2, '']);
  assert.match(stderr, /--no-such-option[\s\S]*\nUsage: /);
});

test('.ci/run --help', async () => {
  const { code, stdout } = await outcomeOf(join(root, '.ci/run'), ['--help']);
  assert.equal(code, 0);
  assert.match(stdout, /^Usage: \.ci\/run\n[\s\S]*^Example:/m);
  assert.equal((await outcomeOf(join(root, '.ci/run'), ['--no-such-option'])).code, 2);
});

test('a number that is none is refused', async () => {
  const { code, stderr } = await outcomeOf(process.execPath, [join(root, 'bench/hard/fuzz.ts'), '--files', 'many']);
  assert.equal(code, 2);
  assert.match(stderr, /^invalid --files "many": a number from 0 on is needed\nUsage: /);
});

test('no other program reads arguments', async () => {
  const where = ['bench', 'cluster', 'deploy', 'interop', 'scripts'];
  const { stdout } = await outcomeOf('git', [
    '-C',
    root,
    'grep',
    '-lE',
    String.raw`parseArgs\(|process\.argv`,
    '--',
    ...where,
  ]);
  const found = stdout.split('\n').filter((path) => /\.m?[jt]s$/.test(path) && !/\.test\.ts$/.test(path));
  const known = [...programs, ...internal, 'scripts/arguments.mjs', ...asText];
  assert.deepEqual(
    found.filter((path) => !known.includes(path)),
    [],
  );
});

/** These have it in a text that they run elsewhere. */
const asText = ['cluster/support/config-dump.ts', 'cluster/systems/support/namespace.ts'];
