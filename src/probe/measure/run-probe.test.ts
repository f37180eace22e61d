import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Progress } from '../progress.ts';
import { TestDns } from '../testing/test-dns.ts';
import type { TestPod as Pod } from '../testing/test-pod.ts';
import { parseProbeOptions, type RawProbeOptions } from './options.ts';
import type { ProbeReport } from './report.ts';

// grpc-js reads it when it is loaded, and asks the DNS server that a target names only with it.
process.env.GRPC_NODE_USE_ALTERNATIVE_RESOLVER = 'true';
const [{ runProbe }, { TestPod }] = await Promise.all([import('./run-probe.ts'), import('../testing/test-pod.ts')]);

const timeout = 120_000;
const proto = resolve(import.meta.dirname, '..', '..', '..', 'proto', 'echo', 'echo.proto');
const dns = new TestDns();
const pods: Pod[] = [];
let port = 0;

async function startPod(name: string, host: string, options: { anonymous?: boolean } = {}): Promise<Pod> {
  const pod = await TestPod.start(name, host, port, options);
  pods.push(pod);
  port = pod.port;
  return pod;
}

/** @param onSecond - called after the first second of the run, and after each that follows */
function measure(raw: RawProbeOptions, onSecond = (): void => {}): Promise<ProbeReport> {
  const progress: Progress = { step: () => {}, update: onSecond, note: () => {}, end: () => {} };
  const options = parseProbeOptions(`dns://${dns.address}/echo.test:${port}`, {
    ...{ method: 'echo.EchoServer/SayHello', proto: [proto], policy: 'round_robin', rate: '100' },
    ...{ warmup: '0', deadline: '30s', connectTimeout: '20s' },
    ...raw,
  });
  return runProbe(options, progress, new AbortController().signal, {
    versions: {},
    machine: { os: '', cpus: 1, memoryMiB: 1 },
    command: '',
  });
}

before(async () => {
  await dns.start();
  await startPod('pod-a', '127.0.3.1');
  for (const [name, host] of [
    ['pod-b', '127.0.3.2'],
    ['pod-new', '127.0.3.3'],
  ] as const) {
    await startPod(name, host);
  }
});

after(async () => {
  dns.stop();
  await Promise.all(pods.map((pod) => pod.stop()));
});

describe('a backend that is replaced while the client stays with its old address', () => {
  for (const engine of ['channel', 'wire']) {
    for (const identify of ['auto', 'peer']) {
      test(`is not balanced: engine ${engine}, by ${identify}`, { timeout }, async () => {
        dns.addresses = ['127.0.3.1', '127.0.3.2'];
        const report = await measure({ engine, identify, duration: '4s', expect: 'balanced' }, () => {
          dns.addresses = ['127.0.3.1', '127.0.3.3'];
        });
        const stale = identify === 'auto' ? 'pod-b' : `127.0.3.2:${port}`;
        const { reached, expected, silent, unexpected, matched } = report.backends;
        assert.deepEqual(
          { verdict: report.verdict, reached, expected, silent, unexpected, matched },
          {
            ...{ verdict: 'partial', reached: 1, expected: 2 },
            ...{ silent: [`127.0.3.3:${port}`], unexpected: [stale], matched: 'address' },
          },
        );
        assert.ok(report.why.includes(stale), report.why);
        assert.equal(report.gate![0]!.met, false);
        assert.ok(report.changes.every(({ followedMs }) => followedMs === null));
      });
    }
  }
});

test('addresses that stay are balanced, and each name has the address it answers at', { timeout }, async () => {
  dns.addresses = ['127.0.3.1', '127.0.3.2'];
  const { verdict, backends, identifier } = await measure({ calls: '60' });
  assert.deepEqual([verdict, backends.reached, backends.expected], ['balanced', 2, 2]);
  assert.equal(identifier.by, 'header:evenkeel-pod');
  assert.deepEqual(
    backends.list.map(({ name, addresses }) => [name, addresses]),
    [
      ['pod-a', [`127.0.3.1:${port}`]],
      ['pod-b', [`127.0.3.2:${port}`]],
    ],
  );
});

test('a host with addresses of both families is one backend', { timeout }, async (t) => {
  // The same pod by its name, as a server has it that listens on both.
  const six = await startPod('pod-a', '::1').catch(() => undefined);
  if (six === undefined) {
    if (process.env.EVENKEEL_REQUIRE === 'all') throw new Error('this machine has no IPv6 loopback address');
    t.skip('this machine has no IPv6 loopback address');
    return;
  }
  for (const [identify, by] of [
    ['auto', 'header:evenkeel-pod'],
    ['peer', 'peer'],
  ] as const) {
    for (const policy of ['round_robin', 'pick_first']) {
      dns.addresses = ['127.0.3.1', '::1'];
      const one = await measure({ calls: '60', identify, policy });
      const { expected, reached } = one.backends;
      assert.deepEqual([one.identifier.by, one.verdict, expected], [by, 'inconclusive', null], policy);
      if (identify === 'auto') assert.equal(reached, 1);
    }
  }
  dns.addresses = ['127.0.3.1', '127.0.3.2', '::1'];
  const three = await measure({ calls: '60' });
  assert.deepEqual(
    three.backends.list.map(({ name, addresses }) => [name, addresses.length]),
    [
      ['pod-a', 2],
      ['pod-b', 1],
    ],
  );
  assert.deepEqual([three.backends.reached, three.backends.expected, three.backends.silent], [2, 2, []]);
});

test('a run of one call makes one call that counts and says what else it made', { timeout }, async () => {
  dns.addresses = ['127.0.3.1'];
  const report = await measure({ calls: '1', warmup: undefined });
  assert.deepEqual([report.calls, report.warmupCalls, report.otherCalls], [1, 0, { samples: 1, reflection: false }]);
});
