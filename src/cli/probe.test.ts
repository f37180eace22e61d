import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Output, outputOf } from '../base/testing/output-of.ts';
import { type ProbeReport, probeReportSchema } from '../probe/measure/report.ts';

const timeout = 240_000;
const main = fileURLToPath(new URL('./main.ts', import.meta.url));

function evenkeel(args: readonly string[], during?: (child: ChildProcess, stderr: string) => void): Promise<Output> {
  const child = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  return outputOf(child, ({ stderr }) => during?.(child, stderr));
}

// Much time for everything, so that only what is wrong fails.
const patient = ['--deadline', '60s', '--connect-timeout', '60s', '--warmup', '0', '--json'];

async function probe(...args: string[]): Promise<ProbeReport> {
  const { code, stdout, stderr } = await evenkeel(['probe', ...args, ...patient]);
  assert.equal(code, 0, stderr);
  return probeReportSchema.parse(JSON.parse(stdout));
}

interface Pod {
  readonly child: ChildProcess;
  readonly address: string;
}

const pods: Pod[] = [];
let three = '';

/** A server process of its own, so that it can be frozen. */
async function startPod(name: string, ...args: string[]): Promise<Pod> {
  const flags = ['workload', 'be1-srv', '--host', '127.0.0.1', '--port', '0', '--admin-port', '0', ...args];
  const child = spawn(process.execPath, [main, ...flags], {
    env: { ...process.env, POD_NAME: name },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(createInterface({ input: child.stdout! }), 'line')) as [string];
  return { child, address: (JSON.parse(line) as { grpc: string }).grpc };
}

before(
  async () => {
    pods.push(...(await Promise.all(['pod-a', 'pod-b', 'pod-c'].map((name) => startPod(name)))));
    three = `ipv4:${pods.map(({ address }) => address).join(',')}`;
  },
  { timeout },
);

after(async () => {
  await Promise.all(
    pods.map(async ({ child }) => {
      const ended = once(child, 'close');
      child.kill('SIGKILL');
      await ended;
    }),
  );
});

const hello = ['--method', 'echo.EchoServer/SayHello', '--data', '{"name":"you"}'];

test('round_robin is balanced, pick_first is pinned, and who answered is found by itself', { timeout }, async () => {
  const even = await probe(three, ...hello, '--policy', 'round_robin', '--calls', '90', '--rate', '100');
  assert.deepEqual([even.verdict, even.calls, even.failed], ['balanced', 90, 0]);
  assert.deepEqual([even.identifier.by, even.identifier.found], ['header:evenkeel-pod', true]);
  assert.deepEqual(
    even.backends.list.map(({ name }) => name),
    ['pod-a', 'pod-b', 'pod-c'],
  );
  assert.deepEqual([even.backends.expected, even.backends.source], [3, 'target']);

  const pinned = await probe(three, '--calls', '60', '--rate', '100');
  assert.deepEqual([pinned.verdict, pinned.call], ['pinned', '/grpc.health.v1.Health/Check']);
  assert.match(pinned.do, /--policy round_robin/);
});

test('the engine wire says the same, closed loop and open loop', { timeout }, async () => {
  for (const load of [
    ['--concurrency', '8'],
    ['--rate', '200', '--poisson'],
  ]) {
    const report = await probe(three, ...hello, '--engine', 'wire', '--calls', '300', ...load);
    assert.deepEqual(
      [report.verdict, report.calls, report.failed],
      ['balanced', 300, 0],
      JSON.stringify(report.failures),
    );
    assert.equal(report.identifier.by, 'header:evenkeel-pod');
    assert.equal(report.conditions.engine, 'wire');
  }
  const field = await probe(three, ...hello, '--engine', 'wire', '--calls', '30', '--identify', 'field:hostname');
  assert.deepEqual(
    field.backends.list.map(({ name, calls }) => [name, calls]),
    [
      ['pod-a', 10],
      ['pod-b', 10],
      ['pod-c', 10],
    ],
  );
});

test('a backend that is frozen for a second shows in p99, since calls count from when they were due', {
  timeout,
}, async () => {
  const { child, address } = pods[0]!;
  let frozen = false;
  const args = ['probe', address, '--rate', '100', '--calls', '600', ...patient];
  const { code, stdout, stderr } = await evenkeel(args, (_, stderr) => {
    if (frozen || !/^calling/m.test(stderr)) return;
    frozen = true;
    child.kill('SIGSTOP');
    void delay(1000).then(() => child.kill('SIGCONT'));
  });
  assert.equal(code, 0, stderr);
  const report = probeReportSchema.parse(JSON.parse(stdout));
  assert.deepEqual([report.calls, report.failed], [600, 0]);
  // A hundred of six hundred calls were due meanwhile; the slowest six waited for all of it but 60 ms.
  assert.ok(report.latencyMs.p99! > 700, JSON.stringify(report.latencyMs));
});

test('a delay of the backend is in every latency', { timeout }, async (t) => {
  const slow = await startPod('slow', '--latency-ms', '150');
  t.after(() => slow.child.kill('SIGKILL'));
  const { latencyMs } = await probe(slow.address, ...hello, '--rate', '20', '--calls', '40');
  // Timers of the backend may fire a fraction of a millisecond early.
  assert.ok(latencyMs.p50! >= 149, JSON.stringify(latencyMs));
});

test('HTTP: header, new connections and a status that is an error', { timeout }, async (t) => {
  const server = createServer((request, response) => {
    if (request.url === '/broken') response.statusCode = 503;
    response.setHeader('x-served-by', `web-${request.headers['x-turn'] ?? 0}`);
    response.end('{}');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const found = await probe(url, '--new-connections', '--calls', '50', '--header', 'x-turn: 7');
  assert.deepEqual(
    found.backends.list.map(({ name, calls }) => [name, calls]),
    [['web-7', 50]],
  );
  assert.deepEqual([found.call, found.verdict], ['GET /', 'inconclusive']);
  assert.match(found.do, /--backends/);
  assert.equal((await probe(url, '--calls', '50', '--backends', '3')).verdict, 'pinned');

  const broken = await evenkeel(['probe', `${url}/broken`, '--calls', '5', ...patient]);
  assert.equal(broken.code, 3);
  assert.match(broken.stderr, /EK_PROBE_NO_ANSWER.*HTTP_503/);
});

test('the gate decides the exit code and says the reason last', { timeout }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'evenkeel-probe-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const html = join(folder, 'report.html');
  const quick = ['--calls', '60', '--deadline', '60s', '--warmup', '0', '--max-failed', '0', '--expect', 'balanced'];
  const failed = await evenkeel(['probe', three, ...quick, '--html', html]);
  assert.equal(failed.code, 1, failed.stderr);
  assert.match(
    failed.stdout.trimEnd().split('\n').slice(-2).join(' '),
    /gate failed: expected balanced, saw pinned, one of 3 backends answered every call; .* and .* got no call$/,
  );
  const page = readFileSync(html, 'utf8');
  assert.match(page, /The gate: failed/);
  assert.doesNotMatch(page, /(?:src|href)=|url\(|@import|<script/, 'nothing is loaded and nothing runs');

  const passed = await evenkeel(['probe', three, ...quick, '--policy', 'round_robin']);
  assert.equal(passed.code, 0, passed.stderr);
  assert.match(passed.stdout, /gate passed: balanced; at most 0 calls fail\n$/);

  const unjudged = await evenkeel(['probe', three, ...quick, '--policy', 'round_robin', '--max-converge', '2s']);
  assert.equal(unjudged.code, 1, 'what could not be judged is not met');
  assert.match(unjudged.stdout.replaceAll('\n', ' '), /saw no backend came or went during the run/);
});

test('Ctrl-C keeps what was measured', { timeout }, async (t) => {
  let child: ChildProcess | undefined;
  let answered = 0;
  const server = createServer((_, response) => {
    answered += 1;
    // By then the answers that only tell who gave them are through.
    if (answered === 100) child?.kill('SIGINT');
    response.end('{}');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const args = ['probe', url, '--duration', '1h', '--rate', '100', '--deadline', '60s', '--warmup', '0', '--json'];
  const { code, stdout, stderr } = await evenkeel(args, (started) => {
    child = started;
  });
  assert.equal(code, 3, stderr);
  const report = probeReportSchema.parse(JSON.parse(stdout));
  assert.equal(report.interrupted, true);
  assert.ok(report.calls > 0 && report.durationMs < 600_000, JSON.stringify([report.calls, report.durationMs]));
});

test('bad input is refused by a code, the place and what to do', { timeout }, async () => {
  const { address } = pods[0]!;
  for (const [args, expected] of [
    [
      [address, '--method', 'echo.EchoServer/SayHello', '--data', '{"name":5}'],
      /^error EK_PROBE_DATA: .*echo\.EchoRequest\.name/,
    ],
    [[address, '--method', 'echo.EchoServer/Gone'], /^error EK_PROBE_METHOD: .*\n.*--method\n.*SayHello/],
    [
      [address, '--method', 'shop.Orders/Get'],
      /^error EK_PROBE_METHOD: .*no service shop\.Orders.*\n.*\n.*echo\.EchoServer/,
    ],
    [
      [address, '--identify', 'header:x-nobody'],
      /^error EK_PROBE_IDENTIFIER: header:x-nobody is in no answer\n.*\n {2}An answer has .*the peer/,
    ],
    [['127.0.0.1:1', '--connect-timeout', '300ms'], /^error EK_PROBE_UNREACHABLE: 127\.0\.0\.1:1 cannot be reached/],
    [['http://127.0.0.1:1/'], /^error EK_PROBE_UNREACHABLE: .*ECONNREFUSED/],
    [[address, '--rate', 'fast'], /^error EK_USAGE: "fast" is no rate\n.*--rate/],
    [[address, '--body', 'x'], /^error EK_USAGE: --body is for HTTP targets only/],
    [['http://127.0.0.1:1/', '--method', 'a.B/C'], /^error EK_USAGE: --method is for gRPC targets only/],
    [[address, '--duration', 'soon'], /^error EK_USAGE: "soon" is no length of time/],
    [[address, '--max-failed', 'few'], /^error EK_USAGE: "few" is no number of calls/],
    [['ftp://x'], /^error EK_PROBE_TARGET/],
  ] as const) {
    const { code, stdout, stderr } = await evenkeel(['probe', ...args]);
    const said = stderr.replace(/^(?!error| {2}).*\n/gm, '');
    assert.match(said, expected, args.join(' '));
    assert.equal(stdout, '');
    assert.ok(code === 2 || code === 3);
    assert.doesNotMatch(stderr, /\n\s+at \S+ \(/);
  }
});

test('a rate that cannot be reached is an error, after the report', { timeout }, async () => {
  const args = [
    'probe',
    pods[0]!.address,
    '--rate',
    '900000',
    '--duration',
    '300ms',
    '--warmup',
    '0',
    '--deadline',
    '60s',
    '--json',
  ];
  const { code, stdout, stderr } = await evenkeel(args);
  assert.equal(code, 3, stderr);
  const report = probeReportSchema.parse(JSON.parse(stdout));
  assert.notEqual(report.saturation.by, null);
  assert.match(stderr, /EK_PROBE_RATE/);
});
