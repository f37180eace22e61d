import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { probeReportSchema } from '../probe/measure/report.ts';
import { findProgram } from '../workloads/sample/find-program.ts';

const main = fileURLToPath(new URL('./main.ts', import.meta.url));

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

/** A front that spreads over three servers behind it, which are told apart by nothing but what it says of them. */
function config(folder: string, port: number, header: string): string {
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${folder}/${name};`,
  );
  const backends = ['a', 'b', 'c'].map(
    (name) => `server { listen unix:${folder}/${name}.sock; location / { return 200 '{}'; } }`,
  );
  return `daemon off; pid ${folder}/pid; error_log stderr; worker_processes 1; master_process off;
events {}
http { access_log off; ${paths.join(' ')}
upstream servers { ${['a', 'b', 'c'].map((name) => `server unix:${folder}/${name}.sock;`).join(' ')} }
${backends.join('\n')}
server { listen 127.0.0.1:${port}; location / { proxy_pass http://servers; ${header} } } }
`;
}

test('behind nginx a header tells backends apart, and without one nothing is claimed', {
  timeout: 240_000,
}, async (t) => {
  const nginx = findProgram('nginx');
  if (nginx === undefined) {
    if (process.env.EVENKEEL_REQUIRE === 'all')
      throw new Error('there is no nginx, and EVENKEEL_REQUIRE=all lets nothing be skipped');
    t.skip('there is no nginx');
    return;
  }
  for (const [header, expected] of [
    ['add_header x-upstream-addr $upstream_addr;', ['header:x-upstream-addr', 'balanced']],
    ['', ['peer', 'inconclusive']],
  ] as const) {
    const folder = mkdtempSync(join(tmpdir(), 'evenkeel-nginx-'));
    const port = await freePort();
    const file = join(folder, 'nginx.conf');
    writeFileSync(file, config(folder, port, header));
    const server: ChildProcess = spawn(nginx, ['-p', folder, '-c', file], { stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    server.stderr!.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    const ended = once(server, 'close');
    try {
      const url = `http://127.0.0.1:${port}/`;
      while (
        !(await fetch(url).then(
          (answer) => answer.ok,
          () => false,
        ))
      ) {
        assert.equal(server.exitCode, null, said);
        await delay(50);
      }
      const args = ['probe', url, '--backends', '3', '--calls', '120', '--warmup', '0', '--deadline', '60s', '--json'];
      const child = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
      let stdout = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        stdout += text;
      });
      await once(child, 'close');
      const report = probeReportSchema.parse(JSON.parse(stdout));
      assert.deepEqual([report.identifier.by, report.verdict, report.failed], [...expected, 0]);
    } finally {
      server.kill('SIGKILL');
      await ended;
      rmSync(folder, { recursive: true });
    }
  }
});
