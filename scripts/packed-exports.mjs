// What `npm pack` runs before and after it, in the folder of a package whose exports name TypeScript. In this repository
// sources are run as they are; what is packed has built files. So the package is built, and while npm packs it the exports
// name `dist/….js` and `dist/….d.ts`.
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { readArguments } from './arguments.mjs';

const { values } = readArguments(
  `Usage: node scripts/packed-exports.mjs [--undo]
Builds the package in this folder and lets its exports name what was built, as
npm pack needs it. With --undo they name the sources again. npm pack runs both.
Example:
  npm pack -w @evenkeel/xds`,
  { undo: { type: 'boolean' } },
);

const rename = values.undo ? fromDist : toDist;

/** `./src/index.ts` to what the compiler makes of it. */
function toDist(target) {
  const base = /^\.\/src\/(.*)\.ts$/.exec(target)?.[1];
  return base === undefined ? target : { types: `./dist/${base}.d.ts`, default: `./dist/${base}.js` };
}

function fromDist(target) {
  return typeof target === 'string' ? target : target.default.replace(/^\.\/dist\/(.*)\.js$/, './src/$1.ts');
}

if (!values.undo) {
  rmSync('dist', { recursive: true, force: true });
  const { status, error } = spawnSync('npm', ['run', '--silent', 'build'], { stdio: ['ignore', 2, 2] });
  if (status !== 0) throw new Error('the package could not be built', { cause: error });
}
const manifest = JSON.parse(readFileSync('package.json', 'utf8'));
manifest.exports = Object.fromEntries(Object.entries(manifest.exports).map(([path, to]) => [path, rename(to)]));
writeFileSync('package.json', `${JSON.stringify(manifest, undefined, 2)}\n`);
