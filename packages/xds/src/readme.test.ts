import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { AdsTestClient, typeUrls } from './index.ts';

test('the example of the README serves clients', async (t) => {
  const readme = readFileSync(join(import.meta.dirname, '../README.md'), 'utf8');
  const example = /```js\n(.*?)```/s.exec(readme)?.[1];
  assert.ok(example !== undefined);
  const library = pathToFileURL(join(import.meta.dirname, 'index.ts')).href;
  const program = spawn(
    process.execPath,
    ['--input-type=module', '--eval', example.replace('@evenkeel/xds', library)],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  t.after(() => program.kill('SIGKILL'));
  const [line] = (await once(program.stdout.setEncoding('utf8'), 'data')) as [string];
  const client = await AdsTestClient.connect(`http://127.0.0.1:${/:(\d+)\n$/.exec(line)?.[1]}`);
  assert.deepEqual((await client.sotw().requestResponseAck(typeUrls.listener)).names, ['orders.shop:50051']);
  await client.close();
  program.kill('SIGTERM');
  assert.deepEqual(await once(program, 'exit'), [0, null]);
});
