// Runs the tests. A process for each file costs more than most files do: the xDS library alone takes half a second to load.
// So files that only look at what functions return share two processes, and the others have one each, the longest first.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { fileURLToPath } from 'node:url';
import { readArguments } from './arguments.mjs';

const { values } = readArguments(
  `Usage: npm run test:unit [-- --concurrency N]
Runs all tests that need no cluster and no clients of other makers.
  --concurrency N  test files at once (default 4)
Example:
  npm run test:unit`,
  { concurrency: { type: 'number', default: 4 } },
);

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const cache = ['--import', join(root, 'scripts', 'compile-cache.mjs')];
const limit = ['--import', join(root, 'scripts', 'test-limit.mjs')];
const files = globSync('{packages/*/src,src,deploy,test}/**/*.test.ts', { cwd: root }).sort();

/** What asks for a process of its own: programs, sockets, timers, the environment, what is started or takes its time, hooks. */
const signs = [
  /'node:(?:child_process|dgram|https?|http2|inspector|module|net|tls|worker_threads)'/,
  /\bprocess\.(?:chdir|env|exit|kill|on|std)|\bset(?:Interval|Timeout)\b/,
  /\.(?:connect|listen|start)\(|\bstart[A-Z]\w*\(|\bLab\b/,
  /\bperformance\.|\b(?:openLoop|runLoad)\(/,
  /^(?:after|before)(?:Each)?\(/m,
];

/** Whether a test file, or a helper for tests that it imports, has one of these. */
function isAlone(file) {
  const code = readFileSync(join(root, file), 'utf8');
  const imported = [...code.matchAll(/ from '(\.[^']+)'/g)].map(([, path]) => join(dirname(file), path));
  const helpers = imported.filter((path) => /\/(?:testing|support)\//.test(path));
  return signs.some((sign) => sign.test(code)) || helpers.some(isAlone);
}

/** Whole labs, browsers and packages come first, so that none is alone at the end. */
const long = /^(?:src\/experiments|test|src\/cli)\//;
const others = files.filter(isAlone).sort((a, b) => Number(long.test(b)) - Number(long.test(a)));

/** Runs test files in one process; what it prints is printed when it ends. */
async function runTogether(some) {
  const child = spawn(process.execPath, [...cache, ...limit, '--test', '--test-isolation=none', ...some], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'close');
  process.stdout.write(await text(child.stdout));
  const [code] = await ended;
  if (code !== 0) process.exitCode = 1;
}

const shared = files.filter((file) => !others.includes(file));
const half = Math.ceil(shared.length / 2);
await Promise.all([shared.slice(0, half), shared.slice(half)].map(runTogether));
run({ files: others, cwd: root, concurrency: values.concurrency, execArgv: [...cache, ...limit] })
  .on('test:fail', () => {
    process.exitCode = 1;
  })
  .compose(spec)
  .pipe(process.stdout);
