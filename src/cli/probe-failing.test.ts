import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createHttp2Server, type ServerHttp2Stream } from 'node:http2';
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type Output, outputOf } from '../base/testing/output-of.ts';
import { probeReportSchema } from '../probe/measure/report.ts';

const timeout = 120_000;
const main = fileURLToPath(new URL('./main.ts', import.meta.url));

type Stdio = 'pipe' | number;

function start(args: readonly string[], stdout: Stdio = 'pipe', command: readonly string[] = []): ChildProcess {
  const [program = process.execPath, ...before] = [...command, process.execPath];
  return spawn(program, [...before, main, 'probe', ...args], { stdio: ['ignore', stdout, 'pipe'] });
}

/** What it says and how it ends; the signal is sent once this is on standard error. */
function ended(child: ChildProcess, signalOn?: RegExp, signal: NodeJS.Signals = 'SIGINT'): Promise<Output> {
  let sent = false;
  return outputOf(child, ({ stderr }) => {
    if (sent || signalOn?.test(stderr) !== true) return;
    sent = true;
    child.kill(signal);
  });
}

async function listen(t: TestContext, server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function http(t: TestContext, listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  t.after(() => server.closeAllConnections());
  return `http://${await listen(t, server)}`;
}

const quick = ['--warmup', '0', '--calls', '30', '--deadline', '60s', '--connections', '8'];

test('a backend that fails every call and names itself is in the table, in JSON and in the advice', {
  timeout,
}, async (t) => {
  let turn = 0;
  const url = await http(t, (_, response) => {
    turn += 1;
    response.statusCode = turn % 3 === 0 ? 500 : 200;
    response.setHeader('x-served-by', ['bad', 'fine-1', 'fine-2'][turn % 3]!);
    response.end();
  });
  const { code, stdout, stderr } = await ended(
    start([url, ...quick, '--backends', '3', '--json', '--max-failed', '0']),
  );
  assert.equal(code, 1, stderr);
  const report = probeReportSchema.parse(JSON.parse(stdout));
  const bad = report.backends.list.find(({ name }) => name === 'bad')!;
  assert.deepEqual([bad.calls, bad.failed, bad.failures], [0, report.failed, { HTTP_500: report.failed }]);
  assert.ok(report.failed > 0);
});

test('a service that fails every call has a report, and a gate its verdict', { timeout }, async (t) => {
  const url = await http(t, (_, response) => {
    response.statusCode = 503;
    response.end();
  });
  const plain = await ended(start([url, ...quick, '--json']));
  assert.equal(plain.code, 3, plain.stderr);
  const report = probeReportSchema.parse(JSON.parse(plain.stdout));
  assert.deepEqual([report.calls, report.failed, report.verdict], [30, 30, 'inconclusive']);
  assert.match(report.why, /^all 30 calls failed, 30 of them with HTTP_503/);
  assert.match(plain.stderr, /EK_PROBE_NO_ANSWER.*all 30 failed, 30 with HTTP_503/);
  const gated = await ended(start([url, ...quick, '--max-failed', '0']));
  assert.equal(gated.code, 1, gated.stderr);
  assert.match(gated.stdout.replaceAll('\n', ' '), /gate failed: expected at most 0 calls fail, saw 30 of 30/);
});

test('a server without a health service is told so, and what to name', { timeout }, async (t) => {
  const server = createHttp2Server();
  server.on('stream', (stream: ServerHttp2Stream) => {
    const own = { 'grpc-status': '12', 'grpc-message': 'unknown service' };
    stream.respond({ ':status': 200, 'content-type': 'application/grpc', ...own }, { endStream: true });
  });
  const { code, stdout, stderr } = await ended(start([await listen(t, server), ...quick]));
  assert.deepEqual([code, stdout], [2, '']);
  assert.match(stderr, /error EK_PROBE_METHOD: .* has no health service .*\n.*--method\n.*--method shop\.Orders\/Get/);
});

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  test(`${signal} ends with what was measured, though no call in flight is answered`, { timeout }, async (t) => {
    let asked = 0;
    let child: ChildProcess | undefined;
    const url = await http(t, (_, response) => {
      asked += 1;
      if (asked < 60) response.end();
      if (asked === 70) child!.kill(signal);
    });
    child = start([url, '--warmup', '0', '--deadline', '10m', '--duration', '1h', '--connections', '20', '--json']);
    const { code, stdout, stderr } = await ended(child);
    assert.equal(code, 3, stderr);
    const report = probeReportSchema.parse(JSON.parse(stdout));
    assert.deepEqual([report.interrupted, report.failed], [true, 0]);
    assert.ok(report.inFlight > 0 && report.calls > 0, `${report.inFlight} ${report.calls}`);
  });
}

test('Ctrl-C while it connects, and while it finds out who answers, is the end', { timeout }, async (t) => {
  const silent = createTcpServer((socket) => socket.on('error', () => {}).resume());
  const address = await listen(t, silent);
  const patient = ['--connect-timeout', '10m', '--deadline', '10m'];
  const first = await http(t, () => {});
  for (const [target, when] of [
    [address, /^connecting to/m],
    [first, /^connecting to/m],
  ] as const) {
    const { code, stdout, stderr } = await ended(start([target, ...patient]), when);
    assert.deepEqual([code, stdout], [3, ''], target);
    assert.match(stderr, /note: the run was ended before anything was measured\n$/);
  }
  let asked = 0;
  const second = await http(t, (_, response) => {
    asked += 1;
    if (asked === 1) response.end();
  });
  const finding = await ended(start([second, ...patient, '--json']), /^finding out/m);
  assert.equal(finding.code, 3, finding.stderr);
});

// Not for everybody even where nothing may be skipped: CI runs this file once more as root.
const root = process.getuid?.() === 0 && existsSync('/usr/bin/unshare');
const noResolver = !root && 'a resolver of its own takes root and unshare(1)';

test('Ctrl-C while a name is resolved by a server that does not answer', { skip: noResolver, timeout }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'evenkeel-resolver-'));
  const deaf = createSocket('udp4');
  deaf.bind(53, '127.91.0.53');
  await once(deaf, 'listening');
  t.after(() => {
    deaf.close();
    rmSync(folder, { recursive: true });
  });
  const file = join(folder, 'resolv.conf');
  writeFileSync(file, 'nameserver 127.91.0.53\noptions timeout:30 attempts:2\n');
  const inside = ['unshare', '-m', 'sh', '-c', `mount --bind ${file} /etc/resolv.conf && exec "$0" "$@"`];
  const startedAt = performance.now();
  const { code, stderr } = await ended(start(['nobody.example.test:50051'], 'pipe', inside), /^connecting to/m);
  assert.equal(code, 3, stderr);
  assert.ok(performance.now() - startedAt < 30_000, 'not after the first try of the resolver');
});

test('a full disk and a file that cannot be written are errors with a code, and never a stack trace', {
  timeout,
}, async (t) => {
  const url = await http(t, (_, response) => void response.end());
  const folder = mkdtempSync(join(tmpdir(), 'evenkeel-full-'));
  t.after(() => rmSync(folder, { recursive: true }));
  for (const [flag, file] of [
    ['--report', '/dev/full'],
    ['--html', join(folder, 'missing', 'page.html')],
  ] as const) {
    const { code, stderr } = await ended(start([url, ...quick, flag, file]));
    assert.equal(code, 2);
    assert.match(stderr, /^error EK_REPORT_PATH: .*\n {2}at field --(?:report|html)\n {2}\w.*\n$/);
  }
  if (!existsSync('/dev/full')) return;
  const report = join(folder, 'report.json');
  const full = await ended(start([url, ...quick, '--report', report], openSync('/dev/full', 'w')));
  assert.equal(full.code, 3);
  assert.match(full.stderr, /error EK_OUTPUT: cannot write to standard output: .*ENOSPC/);
  assert.doesNotMatch(full.stderr, /\n\s+at \S+ \(/);
  probeReportSchema.parse(JSON.parse(readFileSync(report, 'utf8')));
});
