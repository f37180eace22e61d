// All the set-up there is: dependencies (Node 26 among them), generated protobuf code and the bundled page, each only when
// its inputs changed. `npm start` and `npm test` run it first; it must work with the oldest Node that may start it (20).
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readArguments } from './arguments.mjs';
import { run } from './run.mjs';

readArguments(`Usage: node scripts/setup.mjs
Installs the dependencies, Node 26 among them, generates protobuf code, and
bundles the control plane's page, each only when its inputs changed.
npm start and npm test do it first.
Example:
  node scripts/setup.mjs`);

const root = dirname(dirname(fileURLToPath(import.meta.url)));

function digest(files) {
  const hash = createHash('sha256');
  for (const file of files)
    hash
      .update(file)
      .update('\0')
      .update(readFileSync(join(root, file)))
      .update('\0');
  return hash.digest('hex');
}

const ownProtos = readdirSync(join(root, 'proto'), { recursive: true })
  .filter((name) => name.endsWith('.proto'))
  .sort()
  .map((name) => join('proto', name));

/** Everything that the page is bundled from, but what it is bundled into and its tests. */
const page = ['dashboard', 'feed', 'load', 'live', 'verdict', 'base']
  .flatMap((room) =>
    readdirSync(join(root, 'src', room), { recursive: true })
      .filter((name) => /\.(?:tsx?|css|html)$/.test(name) && !/\.test\.ts$|^page\b|^testing\b/.test(name))
      .map((name) => join('src', room, name)),
  )
  .sort();

const steps = [
  {
    what: 'dependencies and Node 26 (npm ci)',
    inputs: ['package-lock.json'],
    stamp: 'node_modules/.evenkeel-setup',
    makes: 'node_modules/.bin/node',
    do: () => run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], root),
  },
  {
    what: 'protobuf code (src/gen)',
    inputs: ['package-lock.json', 'buf.gen.yaml', 'packages/xds/buf.gen.yaml', 'scripts/generate.mjs', ...ownProtos],
    stamp: 'build/.generated',
    makes: 'packages/xds/src/gen',
    do: () => run('node', [join('scripts', 'generate.mjs')], root),
  },
  {
    what: 'the page (src/dashboard/page)',
    inputs: ['package-lock.json', 'scripts/dashboard.mjs', 'scripts/bundled.mjs', ...page],
    stamp: 'build/.dashboard',
    makes: 'src/dashboard/page/app.js',
    do: () => run('node', [join('scripts', 'dashboard.mjs')], root),
  },
];

try {
  for (const [index, step] of steps.entries()) {
    const wanted = digest(step.inputs);
    const stamp = join(root, step.stamp);
    if (existsSync(join(root, step.makes)) && existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) continue;
    const started = Date.now();
    console.error(`set-up ${index + 1}/${steps.length}: ${step.what} …`);
    await step.do();
    mkdirSync(dirname(stamp), { recursive: true });
    writeFileSync(stamp, wanted);
    console.error(`set-up ${index + 1}/${steps.length}: done in ${((Date.now() - started) / 1000).toFixed(1)} s`);
  }
} catch (error) {
  console.error(`set-up failed: ${error.message}`);
  process.exitCode = 1;
}
