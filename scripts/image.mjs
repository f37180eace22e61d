// Builds the image with whatever builds images here; `npm run image -- --help` has examples.
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readArguments } from './arguments.mjs';
import { run } from './run.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** In order of preference; `check` fails where the program is there and its service is not. */
const builders = [
  { name: 'docker', check: ['info'], build: ['build'] },
  { name: 'podman', check: ['info'], build: ['build', '--format', 'docker'] },
  { name: 'nerdctl', check: ['info'], build: ['build'] },
  { name: 'buildah', check: ['version'], build: ['bud', '--layers', '--format', 'docker'] },
];

const usage = `Usage: npm run image -- [options]
Builds the image with the first of these that works here:
${builders.map(({ name }) => name).join(', ')}.
  --tag NAME      what it is called (default evenkeel:dev)
  --target STAGE  a stage of the Dockerfile: with-nginx has an nginx too, for
                  the front of system D
  --kind NAME     and load it into this kind cluster
  --with BUILDER  this builder and no other
Examples:
  npm run image -- --tag registry.example/evenkeel:0.1.0
  npm run image -- --target with-nginx --tag evenkeel-nginx:dev
  npm run image -- --kind local-dev`;

function works({ name, check }) {
  return spawnSync(name, check, { stdio: 'ignore' }).status === 0;
}

function chooseBuilder(wanted) {
  if (wanted === undefined) {
    const found = builders.find(works);
    if (found !== undefined) return found;
    throw new Error(
      `no builder works here: tried ${builders.map(({ name }) => name).join(', ')}. Install one of them, or start its service.`,
    );
  }
  const known = builders.find(({ name }) => name === wanted);
  if (known === undefined) {
    throw new Error(`--with "${wanted}" is none of ${builders.map(({ name }) => name).join(', ')}`);
  }
  if (!works(known)) throw new Error(`${wanted} is not installed, or its service does not run`);
  return known;
}

try {
  const { values } = readArguments(usage, {
    tag: { type: 'string', default: 'evenkeel:dev' },
    target: { type: 'string' },
    with: { type: 'string' },
    kind: { type: 'string' },
  });
  // Before minutes of building.
  if (values.kind !== undefined && spawnSync('kind', ['version']).error !== undefined) {
    throw new Error('there is no kind on PATH, which --kind needs; see kind.sigs.k8s.io, "Quick Start"');
  }
  const builder = chooseBuilder(values.with);
  const target = values.target === undefined ? [] : ['--target', values.target];
  const file = join('deploy', 'image', 'Dockerfile');
  console.error(`image ${values.tag}, built by ${builder.name}`);
  await run(builder.name, [...builder.build, ...target, '--tag', values.tag, '--file', file, '.'], root);
  if (values.kind !== undefined) await run('kind', ['load', 'docker-image', values.tag, '--name', values.kind], root);
} catch (error) {
  console.error(`image: ${error.message}`);
  process.exitCode = 2;
}
