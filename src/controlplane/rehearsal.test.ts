import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { rehearse } from './rehearsal.ts';
import { rehearsedFile, rehearsedSlices } from './rehearsed-source.ts';
import { replaceEndpointFile } from './testing/endpoint-file.ts';
import { ServeProcess } from './testing/serve-process.ts';

/** Timers that hold the process. */
const timers = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
const load = { reports: true, podLocalities: true };
const options = { version: 'test', clusterDomain: 'cluster.local', load };
/** More than any machine needs. */
const unlimited = 600_000;

for (const [kind, source] of Object.entries({ file: rehearsedFile, slices: rehearsedSlices })) {
  test(`every client of a rehearsal gets every change, by ${kind}, and nothing is left`, async () => {
    const before = timers();
    assert.equal(await rehearse(source(), options, unlimited), 12);
    assert.equal(timers(), before);
  });
}

test('a rehearsal that takes too long ends, and so does one that fails', async () => {
  assert.equal(await rehearse(rehearsedFile(), options, 0), 0);
  const file = rehearsedFile();
  const discovery = { ...file.discovery, start: () => Promise.reject(new Error('no')) };
  assert.equal(await rehearse({ ...file, discovery }, options, unlimited), 0);
});

test('serve rehearses in production, and nobody sees it', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'evenkeel-rehearsal-'));
  t.after(() => rm(folder, { recursive: true }));
  const file = join(folder, 'endpoints.json');
  await replaceEndpointFile(file, [{ name: 'orders', port: 1, endpoints: [] }]);
  const anyPort = ['--xds-listen', '127.0.0.1:0', '--admin-listen', '127.0.0.1:0'];
  const serve = new ServeProcess(['--endpoints', file, ...anyPort], { NODE_ENV: 'production' });
  t.after(() => serve.end('SIGKILL'));
  await serve.line('"msg":"rehearsed"');
  const { admin } = await serve.listening();
  await serve.ready();
  const metrics = await (await fetch(`http://${admin}/metrics`)).text();
  assert.doesNotMatch(metrics, /evenkeel_xds_streams_opened_total\S* [1-9]/);
  assert.doesNotMatch(await (await fetch(`http://${admin}/config_dump`)).text(), /rehearsal/);
  assert.equal(await serve.end('SIGTERM'), 0);
});
