import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';

const main = join(import.meta.dirname, 'main.ts');
const driver = 'evenkeel';

function run(...args: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) =>
    execFile(process.execPath, [main, ...args], (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    ),
  );
}

test('a server is checked through its driver', async () => {
  const { code, stdout, stderr } = await run('--driver', driver, '--only', 'nonce', '--patience', '300000');
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^evenkeel \(@evenkeel\/xds\) at 127[\s\S]*^4 held, 0 failed$/m);
});

test('exit codes: what is bad input, what broke, what does not hold', async () => {
  const idle = `echo '{"ok":true,"server":"127.0.0.1:1"}'; cat`;
  const [input, noDriver, noServer] = await Promise.all([
    run('--driver', driver, '--only', 'no-such-check'),
    run('--driver', 'exit 7'),
    run('--driver', idle, '--patience', '50'),
  ]);
  assert.deepEqual([input!.code, noDriver!.code, noServer!.code], [2, 3, 3]);
  assert.match(input!.stderr, /invalid --only "no-such-check": .*--list\nUsage: /);
  assert.match(noDriver!.stderr, /^the run broke: the driver ended with exit code 7/);
  assert.match(noServer!.stderr, /^the run broke: 127.0.0.1:1 cannot be reached/);
  for (const { stdout, stderr } of [input!, noDriver!, noServer!]) {
    assert.equal(stdout, '');
    assert.doesNotMatch(stderr, /report it|\n {4}at /);
  }
});
