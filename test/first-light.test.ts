import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Report, reportSchema } from '../src/probe/report.ts';
import { evenkeel } from './support/evenkeel.ts';

/** Every test is a lab of its own with a name of its own, so that nothing is mistaken for a neighbour's. */
const labId = (name: string): string => `${name}-${process.pid}`;

function processesNaming(text: string): string[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .filter((pid) => {
      try {
        return readFileSync(join('/proc', pid, 'environ'), 'utf8').includes(text);
      } catch {
        return false;
      }
    });
}

/** State folders that a lab of this name has left. */
function foldersOf(id: string): string[] {
  const base = join(tmpdir(), `evenkeel-lab-${process.getuid?.()}`);
  return existsSync(base) ? readdirSync(base).filter((name) => name.startsWith(`${id}.`)) : [];
}

test('the main job: pinned behind a Service, even through xds:///, nothing fails, nothing is left', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'evenkeel-first-light-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'report.json');
  const id = labId('first-light');
  const { code, stdout, stderr } = await evenkeel([
    'lab',
    ...[
      '--id',
      id,
      '--schemes',
      'clusterip-http-keepalive,clusterip-grpc,headless-pick-first,headless-round-robin,xds-dns,xds',
    ],
    ...['--calls', '120', '--deadline', '10000', '--window', '30000', '--report', file, '--json'],
  ]);
  assert.equal(code, 0, stderr);

  const report: Report = reportSchema.parse(JSON.parse(stdout));
  assert.deepEqual(reportSchema.parse(JSON.parse(readFileSync(file, 'utf8'))), report);
  const measured = report.schemes.filter((row) => row.status === 'ok');
  assert.deepEqual(Object.fromEntries(measured.map(({ scheme, verdict }) => [scheme, verdict])), {
    'clusterip-http-keepalive': 'pinned',
    'clusterip-grpc': 'pinned',
    'headless-pick-first': 'pinned',
    'headless-round-robin': 'balanced',
    'xds-dns': 'balanced',
    xds: 'balanced',
  });
  for (const { scheme, verdict, maxSpread } of measured) {
    if (verdict === 'balanced') assert.ok(maxSpread <= 1, `${scheme} is even to ±1`);
  }
  const changes = [...report.scaleOut, ...report.scaleIn].filter((row) => row.status === 'ok');
  assert.equal(changes.length, 6);
  for (const { scheme, failed, failures, convergedMs } of changes) {
    if (!scheme.startsWith('xds')) continue;
    assert.equal(failed, 0, `${scheme}: ${JSON.stringify(failures)}`);
    assert.notEqual(convergedMs, null, scheme);
  }
  assert.deepEqual(foldersOf(id), []);
  assert.deepEqual(processesNaming(id), []);
});

test('Ctrl-C leaves no process and no file', async () => {
  const id = labId('interrupted');
  const { code, signal, stderr } = await evenkeel(['lab', '--id', id, '--schemes', 'xds'], { stopOn: /calling: xds/ });
  assert.ok(code !== 0 || signal !== null, 'an interrupted run does not count as done');
  assert.doesNotMatch(stderr, /\n\s+at /, 'no stack trace');
  assert.deepEqual(foldersOf(id), []);
  assert.deepEqual(processesNaming(id), []);
});

const badInput: readonly (readonly [string, readonly string[], RegExp])[] = [
  [
    'an unknown scheme',
    ['lab', '--schemes', 'xds,nope'],
    /EK_UNKNOWN_SCHEME.*nope[\s\S]*Known schemes: .*clusterip-grpc/,
  ],
  ['a number that is none', ['lab', '--calls', 'many'], /EK_USAGE.*many[\s\S]*--calls/],
  ['a report that cannot be written', ['lab', '--report', '/nowhere/report.json'], /EK_REPORT_PATH[\s\S]*\/nowhere/],
  ['an unknown command', ['lob'], /^error EK_USAGE: unknown command 'lob'/],
  ['an unknown option', ['lab', '--scheme', 'xds'], /^error EK_USAGE: unknown option '--scheme'/],
  ['a lab that is not there', ['lab', 'ps', '--id', 'nobody'], /EK_LAB_NOT_FOUND/],
];

for (const [what, args, expected] of badInput) {
  test(`${what} is refused before anything starts, with exit code 2`, async () => {
    const { code, stdout, stderr } = await evenkeel(args);
    assert.equal(code, 2);
    assert.match(stderr, expected);
    assert.doesNotMatch(stderr, /\n\s+at .*[:(]\d+/, 'no stack trace');
    assert.doesNotMatch(stderr, /starting/);
    assert.equal(stdout, '');
  });
}

test('every command has help with an example', async () => {
  const { stdout } = await evenkeel(['--help']);
  const names = [...stdout.matchAll(/^ {2}([a-z-]+) /gm)].map(([, name]) => name!).filter((name) => name !== 'help');
  assert.ok(names.length >= 4, stdout);
  for (const name of names) {
    const help = await evenkeel([name, '--help']);
    assert.equal(help.code, 0);
    assert.match(help.stdout, /Examples?:/, name);
  }
});
