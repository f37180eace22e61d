import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { attacks } from './attacks.ts';
import type { Row } from './report.ts';

/** What a script of this folder prints, whatever it ends with. */
async function run(script: string, ...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [join(import.meta.dirname, script), ...args]);
  return stdout;
}

test('a server lives through attacks on each of its ports, and every attack has its row', {
  timeout: 240_000,
}, async () => {
  const names = ['ping', 'half-hello', 'slow-bodies'];
  const options = ['--servers', 'evenkeel', '--attackers', '2', '--seconds', '0.5', '--json'];
  const output = await run('run.ts', '--attacks', names.join(','), ...options);
  const rows = output
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Row);
  assert.deepEqual(
    rows.slice(0, -1).map(({ attack }) => attack),
    ['none', ...names],
  );
  for (const { end, calls, peakBytes, healthz } of rows.slice(0, -1)) {
    assert.equal(end, 'up');
    assert.ok(calls > 0 && peakBytes > 0 && healthz !== undefined && healthz.probes > 0);
  }
});

test('the README has every attack, with what it does', () => {
  const text = readFileSync(join(import.meta.dirname, 'README.md'), 'utf8');
  const missing = Object.keys(attacks).filter((name) => !text.includes(`\`${name}\``));
  assert.deepEqual(missing, []);
});
