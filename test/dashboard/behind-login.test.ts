import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { adminApp } from '../../src/controlplane/admin-server.ts';
import { Feed } from '../../src/feed/feed.ts';
import { findProgram } from '../../src/workloads/sample/find-program.ts';

const docs = readFileSync(resolve(import.meta.dirname, '..', '..', 'docs', 'observe.md'), 'utf8');

test('behind nginx with a login, as docs/observe.md has it, the page and its events are there for who logs in', async (t) => {
  const nginx = findProgram('nginx');
  if (nginx === undefined) {
    if (process.env.EVENKEEL_REQUIRE === 'all')
      throw new Error('there is no nginx, and EVENKEEL_REQUIRE=all lets nothing be skipped');
    t.skip('there is no nginx');
    return;
  }
  const rows = () => [];
  const app = adminApp({
    readiness: () => ({ ready: true, reasons: [], degraded: [] }),
    metrics: async () => ({ contentType: '', text: '' }),
    ...{ configDump: () => ({}), clients: () => ({}), explain: () => ({}) },
    feed: new Feed({
      source: {
        version: '1.2.3',
        readiness: () => ({ ready: true, degraded: [] }),
        ...{
          streams: () => 0,
          load: () => undefined,
          ports: rows,
          endpoints: () => undefined,
          trend: () => undefined,
          plan: () => undefined,
        },
        ...{ events: rows, clients: rows, control: rows },
      },
    }),
  });
  t.after(() => app.close());
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as { port: number };

  const folder = mkdtempSync(join(tmpdir(), 'evenkeel-login-'));
  t.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'users'), 'ann:{PLAIN}secret\n');
  const snippet = /```nginx\n([\s\S]*?)```/.exec(docs)![1]!;
  const location = snippet.replaceAll('18001', String(port)).replace('/etc/nginx/users', join(folder, 'users'));
  const temp = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${folder}/${name};`,
  );
  const socket = join(folder, 'front.sock');
  writeFileSync(
    join(folder, 'nginx.conf'),
    `daemon off; master_process off; pid ${folder}/pid; error_log stderr; events {}
http { access_log off; ${temp.join(' ')} server { listen unix:${socket}; ${location} } }`,
  );
  const server = spawn(nginx, ['-p', folder, '-c', join(folder, 'nginx.conf')], { stdio: 'ignore' });
  const exited = once(server, 'exit');
  t.after(async () => {
    server.kill('SIGKILL');
    await exited;
  });

  /** What a browser sends: the name that the page has, and that the request is the page's own. */
  const ask = async (path: string, headers: readonly string[], until: RegExp): Promise<string> => {
    for (;;) {
      const client = connect(socket);
      const isUp = await once(client, 'connect').then(
        () => true,
        () => false,
      );
      if (!isUp) {
        // It does not listen yet.
        await delay(20);
        continue;
      }
      client.write([`GET ${path} HTTP/1.1`, 'host: page.example', ...headers, '', ''].join('\r\n'));
      let text = '';
      for await (const part of client.setEncoding('utf8')) {
        text += part;
        if (until.test(text)) break;
      }
      client.destroy();
      return text;
    }
  };
  const login = `authorization: Basic ${Buffer.from('ann:secret').toString('base64')}`;
  const own = 'sec-fetch-site: same-origin';
  assert.match(await ask('/evenkeel/dashboard/', [own], /\r\n\r\n/), /^HTTP\/1.1 401 /);
  const back = ['sec-fetch-site: cross-site', 'sec-fetch-mode: navigate', 'sec-fetch-dest: document'];
  assert.match(await ask('/evenkeel/dashboard/', [login, ...back], /<\/html>/), /^HTTP\/1.1 200 /, 'back from a login');
  assert.match(await ask('/evenkeel/dashboard/app.js', [login, own], /\r\n\r\n/), /^HTTP\/1.1 200 /);
  const events = await ask(
    '/evenkeel/dashboard/events?topic=services',
    [login, own, 'connection: close'],
    /"version":"1\.2\.3"/,
  );
  assert.match(events, /^HTTP\/1.1 200 [\s\S]*text\/event-stream/);
});
