import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { HealthImplementation } from 'grpc-health-check';
import { type Output, outputOf } from '../base/testing/output-of.ts';
import { TestAuthority, writeCertificate } from '../controlplane/testing/certificates.ts';
import { probeReportSchema } from '../probe/measure/report.ts';

const main = fileURLToPath(new URL('./main.ts', import.meta.url));

test('TLS and mutual TLS, by both engines', { timeout: 240_000 }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'evenkeel-probe-tls-'));
  const authority = new TestAuthority();
  const ca = join(folder, 'ca.crt');
  writeFileSync(ca, authority.cert);
  const own = authority.issue({ dns: ['orders.shop'] });
  const client = writeCertificate(folder, 'client', authority.issue({ commonName: 'probe' }));
  const server = new Server();
  new HealthImplementation({ '': 'SERVING' }).addToServer(server);
  const pair = { cert_chain: Buffer.from(own.cert), private_key: Buffer.from(own.key) };
  const port = await new Promise<number>((resolve, reject) => {
    const credentials = ServerCredentials.createSsl(Buffer.from(authority.cert), [pair], true);
    server.bindAsync('127.0.0.1:0', credentials, (error, bound) => (error === null ? resolve(bound) : reject(error)));
  });
  t.after(() => {
    server.forceShutdown();
    rmSync(folder, { recursive: true });
  });

  const probe = async (...args: string[]): Promise<Output> => {
    const patient = ['--deadline', '60s', '--warmup', '0', '--calls', '20', '--json'];
    const child = spawn(process.execPath, [main, 'probe', `127.0.0.1:${port}`, ...args, ...patient], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return outputOf(child);
  };
  const known = ['--ca', ca, '--server-name', 'orders.shop'];
  const mutual = [...known, '--cert', client.cert, '--key', client.key];
  for (const engine of ['channel', 'wire']) {
    const { code, stdout, stderr } = await probe(...mutual, '--engine', engine, '--connect-timeout', '60s');
    assert.equal(code, 0, stderr);
    const report = probeReportSchema.parse(JSON.parse(stdout));
    assert.deepEqual([report.calls, report.failed, report.conditions.engine], [20, 0, engine]);
  }
  for (const args of [[], known, ['--tls']]) {
    const { code, stderr } = await probe(...args, '--connect-timeout', '2s');
    assert.equal(code, 3, stderr);
    assert.match(stderr, /"code":"EK_PROBE_(UNREACHABLE|NO_ANSWER)"/, args.join(' '));
  }
  const half = await probe('--cert', client.cert);
  assert.deepEqual([half.code, /--cert and --key go together/.test(half.stderr)], [2, true]);
});
