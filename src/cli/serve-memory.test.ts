import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { serveNodeFlags } from './serve-memory.ts';

const main = fileURLToPath(new URL('main.ts', import.meta.url));
// Every Node that starts says with which flags.
const tell = 'data:text/javascript,console.log(JSON.stringify(process.execArgv.slice(2)), process.pid)';

function starts(args: readonly string[], nodeOptions = ''): { flags: string; pid: string }[] {
  const { PATH = '', HOME = '' } = process.env;
  const env = { PATH, HOME, NODE_OPTIONS: nodeOptions };
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', tell, main, ...args], { env });
  assert.equal(status, 0, String(stderr));
  const lines = String(stdout)
    .split('\n')
    .filter((line) => line.startsWith('['));
  return lines.map((line) => ({ flags: line.split(' ')[0]!, pid: line.split(' ')[1]! }));
}

test('serve has a small young generation and a roomy old one, in the process that was started', () => {
  const seen = starts(['serve', '--help']);
  assert.deepEqual(
    seen.map(({ flags }) => flags),
    ['[]', JSON.stringify(serveNodeFlags)],
  );
  assert.equal(seen[0]!.pid, seen[1]!.pid);
});

test('who has said how large it is to be, and other commands, are left alone', () => {
  assert.equal(starts(['serve', '--help'], '--max-semi-space-size=8').length, 1);
  assert.equal(starts(['lab', '--help']).length, 1);
});
