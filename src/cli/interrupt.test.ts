import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { clientPreface, settingsFrame } from '@evenkeel/xds/http2';
import { view } from '../live/testing/views.ts';
import { probeReportSchema } from '../probe/measure/report.ts';
import { RawHttp2Server } from '../probe/testing/raw-http2-server.ts';
import { type Interruptible, startInterruptible } from './testing/interrupted.ts';

const timeout = 60_000;

async function http(t: TestContext, listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

for (const engine of ['channel', 'wire']) {
  for (const loop of [
    ['--rate', '200'],
    ['--concurrency', '5'],
  ]) {
    test(`Ctrl-C ends probe --engine ${engine} ${loop.join(' ')} with its report`, { timeout }, async (t) => {
      const silent = Promise.withResolvers<void>();
      let asked = 0;
      const server = await RawHttp2Server.start({
        onRequest: (stream) => {
          asked += 1;
          if (asked < 100) stream.ok();
          else silent.resolve();
        },
      });
      t.after(() => server.stop());
      const run = startInterruptible(t, [
        ...['probe', server.address, '--engine', engine, ...loop, '--json'],
        ...['--warmup', '0', '--deadline', '10m', '--duration', '1h'],
      ]);
      await Promise.race([silent.promise, run.ended]);
      run.interrupt();
      const { code, stdout, stderr } = await run.ended;
      assert.equal(code, 3, stderr);
      const report = probeReportSchema.parse(JSON.parse(stdout));
      assert.deepEqual([report.interrupted, report.failed], [true, 0]);
      assert.doesNotMatch(stderr, /error|\n\s+at /);
      await run.nothingLeft();
    });
  }
}

/** `evenkeel serve`, and a client that stays whatever the server says. */
async function serveWithClient(t: TestContext): Promise<Interruptible> {
  const folder = mkdtempSync(join(tmpdir(), 'evenkeel-serve-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const endpoints = join(folder, 'endpoints.yaml');
  writeFileSync(endpoints, 'apiVersion: evenkeel.dev/v1\nkind: Endpoints\nservices: []\n');
  const anyPort = ['--xds-listen', '127.0.0.1:0', '--admin-listen', '127.0.0.1:0'];
  const run = startInterruptible(t, ['serve', '--endpoints', endpoints, ...anyPort]);
  const [, port] = await run.said(/serves xDS on 127\.0\.0\.1:(\d+);.*\n/);
  const client = connect({ host: '127.0.0.1', port: Number(port), allowHalfOpen: true }).on('error', () => {});
  t.after(() => client.destroy());
  // Its SETTINGS: the server knows the client.
  client.write(clientPreface);
  client.write(settingsFrame([]));
  await once(client, 'data');
  client.resume();
  return run;
}

const asking = /SIGINT: asking clients to go; a second one ends this at once\n/;

test('Ctrl-C ends serve with 0', { timeout }, async (t) => {
  const run = await serveWithClient(t);
  run.interrupt();
  const { code, stdout, stderr } = await run.ended;
  assert.equal(code, 0, stderr);
  assert.match(stdout, asking);
  await run.nothingLeft();
});

test('Ctrl-C ends top while a control plane does not answer', { timeout }, async (t) => {
  const asked = Promise.withResolvers<void>();
  const admin = await http(t, () => asked.resolve());
  const run = startInterruptible(t, ['top', '--admin', admin]);
  await asked.promise;
  run.interrupt();
  const { signal, stdout, stderr } = await run.ended;
  assert.deepEqual([signal, stdout, stderr], ['SIGINT', '', '']);
  await run.nothingLeft();
});

const script = '/usr/bin/script';
const noTerminal = !existsSync(script) && `a terminal takes script(1), which is not at ${script}`;

test('Ctrl-C in a terminal ends top with 0, also while a control plane does not answer', {
  skip: noTerminal,
  timeout,
}, async (t) => {
  const again = Promise.withResolvers<void>();
  let asked = 0;
  const admin = await http(t, (_, response) => {
    asked += 1;
    if (asked === 1) response.end(JSON.stringify(view()));
    else again.resolve();
  });
  const wrap = (command: readonly string[]) => [script, '-qefc', `exec '${command.join("' '")}'`, '/dev/null'];
  const run = startInterruptible(t, ['top', '--admin', admin], { wrap });
  await Promise.race([again.promise, run.ended]);
  run.child.stdin!.write('\x03');
  const { code, stdout } = await run.ended;
  assert.equal(code, 0, stdout);
  assert.doesNotMatch(stdout, /error/);
  await run.nothingLeft();
});
