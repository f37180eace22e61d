import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { findEnvoy, howToGetEnvoy } from '../../base/find-envoy.ts';
import type { Report } from '../../probe/index.ts';
import type { MeasuredChange, MeasuredScheme } from '../../probe/report.ts';

const binary = await findEnvoy();
const required = process.env.EVENKEEL_REQUIRE === 'all';
const skip = binary === undefined && !required && `there is no Envoy: ${howToGetEnvoy}`;
const timeout = 300_000;

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** `evenkeel lab` as a person runs it. */
function lab(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const main = fileURLToPath(new URL('../../cli/main.ts', import.meta.url));
  return new Promise((resolve) => {
    const options = { env: { ...process.env, ...env }, maxBuffer: 64 * 1024 * 1024 };
    const child = execFile(process.execPath, [main, 'lab', ...args], options, (_error, stdout, stderr) => {
      resolve({ code: child.exitCode ?? -1, stdout, stderr });
    });
  });
}

// Few pods, and so much time for everything that only what is wrong fails.
const patient = ['--replicas', '2', '--scale-to', '3', '--calls', '60', '--rate', '60', '--scale-rate', '30'];
const time = ['--deadline', '30000', '--window', '120000'];

suite('the rows that need servers of their own', { concurrency: true }, () => {
  test('an Envoy spreads calls and loses none while pods come and go', { skip, timeout }, async () => {
    const { code, stdout, stderr } = await lab(['--schemes', 'l7-envoy', ...patient, ...time, '--json']);
    assert.equal(code, 0, stderr);
    const { schemes, scaleOut, scaleIn, conditions } = JSON.parse(stdout) as Report;
    const [row] = schemes as [MeasuredScheme];
    assert.deepEqual([row.status, row.verdict, row.failed, row.connections], ['ok', 'balanced', 0, 1]);
    for (const [change] of [scaleOut, scaleIn] as [MeasuredChange][]) {
      assert.deepEqual([change.status, change.failures, change.reason], ['ok', {}, undefined]);
    }
    assert.ok(conditions.versions.envoy);
  });

  test('servers that close connections by age make their clients find new pods', { timeout }, async () => {
    const schemes = ['--schemes', 'headless-round-robin-max-age'];
    const { code, stdout, stderr } = await lab([...schemes, ...patient, ...time, '--json']);
    assert.equal(code, 0, stderr);
    const { scaleOut, conditions } = JSON.parse(stdout) as Report;
    const [change] = scaleOut as [MeasuredChange];
    assert.deepEqual([change.status, change.reason], ['ok', undefined]);
    // A call that crosses with the GOAWAY is lost, and nothing else is.
    assert.deepEqual(
      Object.keys(change.failures).filter((status) => status !== 'UNAVAILABLE'),
      [],
    );
    const age = conditions.intervals.find(({ name }) => name.includes('MaxConnectionAge'));
    assert.deepEqual([age?.valueMs, age?.defaultMs], [2000, 10_000]);
  });
});

test('an Envoy that cannot be run is told of before anything starts', { timeout }, async () => {
  const { code, stdout, stderr } = await lab(['--schemes', 'l7-envoy'], { EVENKEEL_ENVOY: '/no/such/envoy' });
  assert.deepEqual([code, stdout], [2, '']);
  assert.match(
    stderr,
    /^error EK_USAGE: \/no\/such\/envoy is not a program that can be run\n {2}at field EVENKEEL_ENVOY\n/,
  );
});
