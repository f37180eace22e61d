import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { AdsServer, SnapshotCache } from '@evenkeel/xds';

const h2spec = fileURLToPath(new URL('../build/interop/h2spec', import.meta.url));
const missing = !existsSync(h2spec);
const skip = missing && process.env.EVENKEEL_REQUIRE !== 'all' ? 'h2spec is not there: npm run preinterop' : false;

test('h2spec finds nothing wrong with the HTTP/2 of the xDS server', { skip }, async (t) => {
  const server = new AdsServer({ cache: new SnapshotCache() });
  t.after(() => server.close());
  const { host, port } = await server.listen({ host: '127.0.0.1', port: 0 });
  const child = spawn(h2spec, ['generic', 'http2', 'hpack', '-h', host, '-p', String(port), '-o', '10'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const [code] = (await once(child, 'close')) as [number | null];
  // h2spec counts a case that it could not judge as skipped; there is none.
  const [, tests, passed] = /(\d+) tests, (\d+) passed, 0 skipped, 0 failed/.exec(output) ?? [];
  assert.equal(code, 0, output);
  assert.ok(Number(tests) > 140 && tests === passed, output);
  t.diagnostic(`${passed} of ${tests}`);
});
