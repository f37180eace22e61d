import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type Output, outputOf } from '../base/testing/output-of.ts';
import type { Report } from '../probe/index.ts';
import { type MeasuredRollout, type MeasuredScheme, reportSchema } from '../probe/report.ts';

const timeout = 300_000;

/**
 * `evenkeel lab` as a person runs it.
 *
 * @param interruptOn - Ctrl-C once this is on standard error
 */
function lab(args: readonly string[], interruptOn?: RegExp): Promise<Output> {
  const main = fileURLToPath(new URL('./main.ts', import.meta.url));
  const child = spawn(process.execPath, [main, 'lab', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let interrupted = false;
  return outputOf(child, ({ stderr }) => {
    if (interrupted || interruptOn?.test(stderr) !== true) return;
    interrupted = true;
    child.kill('SIGINT');
  });
}

function parse(text: string): Report {
  return reportSchema.parse(JSON.parse(text));
}

// Few pods, and so much time for everything that only what is wrong fails.
const patient = ['--replicas', '2', '--scale-to', '2', '--calls', '60', '--rate', '60', '--deadline', '30000'];

test('a rolling update and the way back cost xds:/// no call, and one pod comes before one goes', {
  timeout,
}, async () => {
  const schemes = ['--schemes', 'clusterip-http-new-connections,headless-pick-first,xds'];
  const rolling = ['--rolling-update', '--roll-rate', '20', '--window', '120000', '--json'];
  const { code, stdout, stderr } = await lab([...schemes, ...patient, ...rolling]);
  assert.equal(code, 0, stderr);
  const rows = parse(stdout).rollingUpdate as MeasuredRollout[];
  assert.deepEqual(
    rows.map(({ change, scheme, status }) => `${change} ${scheme} ${status}`),
    ['update', 'rollback'].flatMap((change) =>
      ['clusterip-http-new-connections', 'headless-pick-first', 'xds'].map((scheme) => `${change} ${scheme} ok`),
    ),
  );
  for (const { scheme, ready, added, removed, failed, lost } of rows) {
    assert.deepEqual(ready, { least: 2, most: 3 });
    assert.deepEqual([added.length, removed.length], [2, 2]);
    if (scheme === 'xds') assert.equal(failed, 0, JSON.stringify(lost));
  }
  const [update, , , rollback] = rows;
  assert.deepEqual(
    rollback!.removed.map(({ pod }) => pod).sort(),
    update!.added.map(({ pod }) => pod).sort(),
    'what came with the update goes with the rollback',
  );
});

test('a balancer that spreads by node gives half of all to the pod that is alone on one', { timeout }, async () => {
  const { code, stdout, stderr } = await lab(['--node-local', '--rate', '100', '--deadline', '30000', '--json']);
  assert.equal(code, 0, stderr);
  const [cluster, local] = parse(stdout).nodeLocal as MeasuredScheme[];
  const shares = ({ backends: { byNode } }: MeasuredScheme): number[] => byNode.map(({ calls }) => calls / 300);
  assert.deepEqual(
    cluster!.backends.byNode.map(({ name, pods }) => [name, pods]),
    [
      ['node-1', 1],
      ['node-2', 4],
    ],
  );
  // Chance moves a share by less than 3 % two times of three.
  assert.ok(Math.abs(shares(cluster!)[0]! - 0.2) < 0.12, JSON.stringify(cluster!.backends));
  assert.ok(Math.abs(shares(local!)[0]! - 0.5) < 0.15, JSON.stringify(local!.backends));
  assert.equal(local!.verdict, 'skewed');
  assert.match(local!.why, /a node is chosen first/);
});

test('Ctrl-C in the middle prints and writes what was measured by then', { timeout }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'evenkeel-interrupted-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'report.json');
  const schemes = ['--schemes', 'clusterip-grpc,xds', '--report', file];
  const { code, stdout, stderr } = await lab([...schemes, ...patient, '--calls', '300'], /calling: xds/);
  assert.equal(code, 3, stderr);
  const report = parse(readFileSync(file, 'utf8'));
  assert.equal(report.interrupted, true);
  assert.match(report.conditions.command ?? '', /^evenkeel lab --schemes clusterip-grpc,xds --report /);
  assert.deepEqual(
    report.schemes.map(({ scheme, status }) => `${scheme} ${status}`),
    ['clusterip-grpc ok', 'xds skipped'],
  );
  assert.match(stdout, /^clusterip-grpc +pinned /m);
  assert.match(stdout, /^xds +skipped$/m);
  assert.match(stdout.replaceAll('\n', ' '), /The run was ended before everything was measured\. $/);
  assert.doesNotMatch(stderr, /error|\n\s+at /);
});

test('Ctrl-C before anything is measured says so and nothing else', { timeout }, async () => {
  const { code, stdout, stderr } = await lab(['--schemes', 'clusterip-grpc', ...patient], /starting pods/);
  assert.deepEqual([code, stdout], [3, '']);
  assert.match(stderr, /note: SIGINT: ending the lab; a second one ends this at once\n/);
  assert.match(stderr, /note: the lab was ended before anything was measured\n$/);
});

test('what does not go together is refused before anything starts', { timeout }, async () => {
  for (const [args, expected] of [
    [['--node-local', '--schemes', 'xds'], /'--node-local' cannot be used with option '--schemes <list>'/],
    [['--node-local', '--rolling-update'], /'--node-local' cannot be used with option '--rolling-update'/],
    [['--system', 'a', '--max-failed', '0'], /'--system <letter>' cannot be used with option '--max-failed <n>'/],
    [['--system', 'a', '--calls', '9'], /'--system <letter>' cannot be used with option '--calls <n>'/],
    [['--by', 'rack'], /^error EK_USAGE: "rack" is nothing that pods are in\n {2}at field --by\n/],
  ] as const) {
    const { code, stdout, stderr } = await lab(args);
    assert.deepEqual([code, stdout], [2, '']);
    assert.match(stderr, expected);
  }
});
