// Makes small bugs in the rooms that are pure, one at a time, and runs the room's tests against each: what no test notices is a
// hole, or a change that changes nothing. Stryker does the work; it is fetched when it is asked for, not with the project.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readArguments, wrongArguments } from './arguments.mjs';

const stryker = '@stryker-mutator/core@10.1.1';

/** A folder whose tests lie beside it. */
const whole = (path) => ({ code: `${path}/**/*.ts`, tests: `${path}/**/*.test.ts` });
const kubernetes = 'src/discovery/kubernetes';

/** Room → what is changed in it, and the tests that shall notice. */
const rooms = {
  verdict: whole('src/verdict'),
  health: whole('src/health'),
  load: whole('src/load'),
  translate: whole('src/translate'),
  // Streams are who asks it.
  cache: { code: 'packages/xds/src/cache/**/*.ts', tests: 'packages/xds/src/{cache,stream}/**/*.test.ts' },
  stream: whole('packages/xds/src/stream'),
  // What is made of Services and EndpointSlices, without what asks for them.
  mapping: {
    code: `${kubernetes}/{annotations,backend,keep-endpoints,kube-model,kube-service,kube-slice,lost-slices,merge-endpoints,node-sight,service-of,serving-pods}.ts`,
    tests: `${kubernetes}/{annotations,doubts,kube-model,kubernetes-discovery,merge-endpoints,node-sight,semantics,service-of,summary}.test.ts`,
  },
};

const usage = `Usage: npm run mutants -- [ROOM…]
Makes small bugs in pure rooms and tells which no test notices; default: all
rooms (hours). Writes test/mutants/ROOM.md.
  --only GLOB      change only these files of the room
  --concurrency N  runs of tests at once (default 2)
  --json           print the score of each room as JSON
Rooms: ${Object.keys(rooms).join(', ')}
Example:
  npm run mutants -- translate`;
const { values, positionals } = readArguments(
  usage,
  { only: { type: 'string' }, concurrency: { type: 'number', default: 2 }, json: { type: 'boolean', default: false } },
  true,
);
const unknown = positionals.find((name) => rooms[name] === undefined);
if (unknown !== undefined) wrongArguments(`no room "${unknown}"`, usage);

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = join(root, 'build', 'mutants');
mkdirSync(folder, { recursive: true });
const scores = [];
for (const room of positionals.length > 0 ? positionals : Object.keys(rooms)) {
  const mutants = mutantsOf(room);
  const survivors = mutants.filter(({ status }) => status === 'Survived');
  const tried = mutants.filter(({ status }) => ['Killed', 'Survived', 'Timeout'].includes(status)).length;
  if (values.only === undefined)
    writeFileSync(join(root, 'test', 'mutants', `${room}.md`), page(room, tried, survivors));
  scores.push({ room, tried, noticed: tried - survivors.length, survivors });
}
if (values.json) console.log(JSON.stringify(scores, null, 2));
else for (const { room, tried, noticed } of scores) console.log(`${room}: ${noticed} of ${tried} noticed`);

/** Runs Stryker over one room. */
function mutantsOf(room) {
  const result = join(folder, `${room}.json`);
  const config = join(folder, `${room}.config.json`);
  const settings = {
    testRunner: 'command',
    commandRunner: {
      command: `node --import ./scripts/stop-at-first-failure.mjs --test --test-isolation=none --test-timeout=20000 "${rooms[room].tests}"`,
    },
    mutate: [values.only ?? rooms[room].code, '!**/*.test.ts', '!**/testing/**'],
    // What a message says is held by no test, and should not be.
    mutator: { excludedMutations: ['StringLiteral'] },
    concurrency: values.concurrency,
    timeoutMS: 30_000,
    reporters: ['progress-append-only', 'json'],
    jsonReporter: { fileName: result },
    tempDirName: join(folder, 'sandboxes'),
    // Copied for each run of tests; what they need is small.
    ignorePatterns: ['/build', '/dist', '/interop', '/cluster', '/deploy', '/bench', '/docs/*.html'],
    // Type stripping needs no tsconfig, and the sandbox none.
    tsconfigFile: 'none.json',
    allowConsoleColors: false,
  };
  writeFileSync(config, JSON.stringify(settings, null, 2));
  const args = ['exec', '--yes', `--package=${stryker}`, '--', 'stryker', 'run', config];
  const { status } = spawnSync('npm', args, { cwd: root, stdio: ['ignore', 2, 2] });
  rmSync(join(folder, 'sandboxes'), { recursive: true, force: true });
  if (status !== 0) {
    console.error(`Stryker ended with ${status} for ${room}: the lines above say why`);
    process.exit(3);
  }
  return mutantsIn(JSON.parse(readFileSync(result, 'utf8')));
}

function mutantsIn({ files }) {
  return Object.entries(files).flatMap(([file, { source, mutants }]) =>
    mutants.map(({ status, location, replacement, mutatorName }) => ({
      file,
      line: location.start.line,
      status,
      mutator: mutatorName,
      was: textAt(source, location),
      became: replacement.replaceAll(/\s+/g, ' '),
    })),
  );
}

function textAt(source, { start, end }) {
  const lines = source.split('\n').slice(start.line - 1, end.line);
  lines[lines.length - 1] = lines.at(-1).slice(0, end.column - 1);
  lines[0] = lines[0].slice(start.column - 1);
  return lines.join('\n').replaceAll(/\s+/g, ' ');
}

/** What reviewers read. A word why a survivor is none to catch stays, as long as the survivor does. */
function page(room, tried, survivors) {
  const reasons = knownReasons(room);
  const rows = survivors.map((mutant) => {
    const key = `${mutant.file} | ${cell(mutant.was)} | ${cell(mutant.became)}`;
    return `| ${mutant.file} | ${cell(mutant.was)} | ${cell(mutant.became)} | ${reasons.get(key) ?? ''} |`;
  });
  const share = ((100 * (tried - survivors.length)) / tried).toFixed(1);
  const head = `# Small bugs in ${room}: ${tried - survivors.length} of ${tried} noticed (${share} %)

Made by \`npm run mutants -- ${room}\`; the last column is written by hand and kept.
`;
  const table = ['| file | was | became | why no test notices |', '| --- | --- | --- | --- |', ...rows];
  return `${head}\n${survivors.length === 0 ? 'None lived.' : table.join('\n')}\n`;
}

function cell(code) {
  const short = code.length > 80 ? `${code.slice(0, 79)}…` : code;
  return `\`${short.replaceAll('|', '\\|').replaceAll('`', "'")}\``;
}

function knownReasons(room) {
  let text;
  try {
    text = readFileSync(join(root, 'test', 'mutants', `${room}.md`), 'utf8');
  } catch {
    return new Map();
  }
  const rows = text.split('\n').filter((line) => line.startsWith('| ') && line.endsWith(' |'));
  return new Map(
    rows.map((line) => {
      const [file, was, became, why] = line.slice(2, -2).split(/(?<!\\) \| /);
      return [`${file} | ${was} | ${became}`, why ?? ''];
    }),
  );
}
