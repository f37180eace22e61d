import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';

const writer = `
  import { createLogger } from ${JSON.stringify(join(import.meta.dirname, 'log.ts'))};
  let lost = 0;
  const log = createLogger('test', 'info', () => { lost += 1; });
  for (let line = 0; line < 4_000; line++) log.info('x'.repeat(1_000));
  process.stdout.write(String(lost), () => process.kill(process.pid, 'SIGKILL'));
`;

test('of a log that nobody reads a megabyte waits, and the lines beyond it are lost and counted', async () => {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', writer], {
    env: { ...process.env, EVENKEEL_LOG: 'info' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.stderr.pause();
  const gone = once(child, 'exit');
  const [chunk] = (await once(child.stdout, 'data')) as [Buffer];
  await gone;
  const lost = Number(String(chunk));
  // Each line is a little longer than its thousand characters.
  assert.ok(lost > 2_500 && lost < 4_000, `${lost} lines lost`);
});
