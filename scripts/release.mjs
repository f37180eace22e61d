// Checks that a release can be made from this clone, and makes its files; it publishes nothing.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readArguments } from './arguments.mjs';
import { releaseProblems } from './release-problems.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

const { values } = readArguments(
  `Usage: npm run release -- [options]
Checks versions, changelogs and that nothing is left uncommitted, then packs
the packages, the chart (helm) and the image (docker, podman, nerdctl or
buildah). It publishes nothing.
  --out FOLDER  where the files go (default build/release)
  --check       check only
  --no-image    make no image
  --json        what was found and made, as JSON
Exit code: 0 ready, 1 not ready, 3 something could not be made.
Examples:
  npm run release -- --check
  npm run release -- --out /tmp/release --no-image`,
  {
    out: { type: 'string', default: join(root, 'build', 'release') },
    check: { type: 'boolean', default: false },
    'no-image': { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
);

const text = (path) => readFileSync(join(root, path), 'utf8');

function output(command, args) {
  // What packing builds is told on stderr, so that stdout stays what was asked for.
  return execFileSync(command, args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }).trim();
}

const product = JSON.parse(text('package.json'));
const problems = releaseProblems({
  product,
  library: JSON.parse(text('packages/xds/package.json')),
  suite: JSON.parse(text('packages/conformance/package.json')),
  chart: text('deploy/chart/evenkeel/Chart.yaml'),
  changelogs: new Map(
    ['', 'packages/xds/', 'packages/conformance/'].map((folder) => [
      `${folder}CHANGELOG.md`,
      text(`${folder}CHANGELOG.md`),
    ]),
  ),
  uncommitted: output('git', ['status', '--porcelain']),
});

function make() {
  const out = resolve(values.out);
  mkdirSync(out, { recursive: true });
  const packed = ['@evenkeel/xds', '@evenkeel/conformance', undefined].map((name) => {
    const which = name === undefined ? [] : ['--workspace', name];
    const printed = output('npm', ['pack', ...which, '--json', '--pack-destination', out]);
    const file = /"filename": "([^"]+\.tgz)"/.exec(printed)?.[1];
    return join(out, file.replace('@', '').replace('/', '-'));
  });
  // A folder of its own: the chart's file may be called as the package's.
  output('helm', ['package', 'deploy/chart/evenkeel', '--destination', join(out, 'chart')]);
  const tag = `evenkeel:${product.version}`;
  if (!values['no-image']) output(process.execPath, ['scripts/image.mjs', '--tag', tag]);
  const chart = /^version: (\S+)/m.exec(text('deploy/chart/evenkeel/Chart.yaml'))[1];
  const files = [...packed, join(out, 'chart', `evenkeel-${chart}.tgz`)];
  for (const file of files) if (!existsSync(file)) throw new Error(`${file} was not made`);
  return { files, image: values['no-image'] ? undefined : tag };
}

let made;
try {
  if (problems.length === 0 && !values.check) made = make();
} catch (error) {
  console.error(`the release could not be made: ${error.message.split('\n')[0]}`);
  process.exitCode = 3;
}
if (values.json) console.log(JSON.stringify({ version: product.version, problems, made }));
else {
  for (const problem of problems) console.log(`not ready: ${problem}`);
  for (const file of made?.files ?? []) console.log(`made ${file}`);
  if (made?.image !== undefined) console.log(`made ${made.image}`);
  if (problems.length === 0 && process.exitCode === undefined) console.log(`${product.version} is ready`);
}
if (problems.length > 0) process.exitCode = 1;
