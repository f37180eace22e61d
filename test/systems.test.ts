import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { evenkeel } from './support/evenkeel.ts';
import { countsIn, kindsOf, podsIn, stepsOf } from './support/page.ts';
import { SystemProcess } from './support/system-process.ts';

/** What a step prints, beyond its kinds of lines; undefined where those say all. */
type Check = ((output: string) => void) | undefined;

const noEnvoy = /^gateway.* left out: there is no Envoy\. Put envoy on PATH/m;

/** What the notices say where there is no such address. */
const leftOut: Readonly<Record<string, RegExp>> = {
  NGINX: /^sample-service-nginx is left out: there is no nginx\. Install it/m,
  HTTP_L7: noEnvoy,
  GO_L7: noEnvoy,
};

/** Runs every command of a page: it prints the kinds of lines that the page says, and what the checks say. */
async function followPage(t: TestContext, letter: string, checks: readonly Check[]): Promise<void> {
  const steps = stepsOf(letter);
  assert.equal(checks.length, steps.length, 'every command of the page is looked at');
  const system = await SystemProcess.start(letter);
  t.after(() => system.stop());
  for (const [at, { command, stated }] of steps.entries()) {
    const left = Object.entries(leftOut).find(
      ([name]) => command.includes(`"$${name}`) && !(name in system.ready.addresses),
    );
    if (left !== undefined) {
      assert.notEqual(process.env.EVENKEEL_REQUIRE, 'all', `there is no $${left[0]}, and nothing may be skipped`);
      assert.match(system.ready.notices.join('\n'), left[1]);
      continue;
    }
    const output = await system.run(command);
    t.diagnostic(`${command.trim()}\n${output.trim()}`);
    if (stated !== undefined) assert.deepEqual(kindsOf(output), kindsOf(stated), command);
    checks[at]?.(output);
  }
  assert.equal(await system.stop(), 0, 'Ctrl-C is the ordinary end');
}

/** So many pods of a deployment answer. */
const pods =
  (deployment: string, count: number): Check =>
  (output) =>
    assert.equal(podsIn(output, deployment).length, count, output);

test('system A: the page holds', async (t) => {
  await followPage(t, 'a', [
    pods('hellogrpc', 1),
    (output) => {
      const counts = countsIn(output);
      assert.equal(counts.length, 3);
      // Each of three gateways goes round by itself, and the first calls of each find not every pod connected.
      assert.ok(counts[0]! >= 5, output);
    },
    pods('hellohttp', 1),
    pods('hellohttp', 3),
    undefined,
  ]);
});

test('system E: the page holds', async (t) => {
  await followPage(t, 'e', [
    (output) => {
      assert.equal(output.trim().split('\n').length, 15);
      assert.equal(podsIn(output, 'be1').length, 2);
    },
    (output) => {
      const [fewest, most] = countsIn(output);
      assert.equal(fewest! + most!, 15, output);
      assert.ok(fewest! >= 5, output);
    },
    undefined,
    undefined,
  ]);
});

test('an unknown system is refused with those that there are', async () => {
  const { code, stdout, stderr } = await evenkeel(['lab', '--system', 'z']);
  assert.equal(code, 2);
  assert.match(stderr, /EK_USAGE.*"z".*a, b, c, d, e/);
  assert.doesNotMatch(stderr, /\n\s+at .*[:(]\d+/, 'no stack trace');
  assert.equal(stdout, '');
});

test('system B: the page holds', async (t) => {
  await followPage(t, 'b', [
    pods('server', 3),
    (output) => assert.deepEqual(countsIn(output), [30]),
    (output) => assert.deepEqual(countsIn(output), [30]),
    // One Envoy goes round by itself; its connections to the pods are made with the first calls.
    (output) => {
      const counts = countsIn(output);
      assert.equal(counts.length, 6, output);
      assert.ok(counts[0]! >= 5, output);
    },
    (output) => {
      const counts = countsIn(output);
      assert.equal(counts.length, 3, output);
      assert.ok(counts[0]! >= 5, output);
    },
    pods('server', 1),
  ]);
});

test('system C: the page holds', async (t) => {
  await followPage(t, 'c', [
    undefined,
    undefined,
    undefined,
    (output) => assert.deepEqual(countsIn(output), new Array(10).fill(3), output),
    undefined,
    (output) => {
      const counts = Object.fromEntries(
        [...output.matchAll(/source="([\w-]+)".*code="(\w+)"} (\d+)$/gm)].map(([, ...row]) => [
          `${row[0]} ${row[1]}`,
          Number(row[2]),
        ]),
      );
      // Every call was made before by this page, one hop a service: three trace forms and GET /service, over HTTP and gRPC.
      const { 'unknown 200': asked, 'unknown 503': refused, ...hops } = counts;
      assert.deepEqual(hops, { 'service-a 200': 4, 'service-a OK': 4, 'service-b 200': 4, 'service-b OK': 4 });
      assert.deepEqual([asked, refused], [10, 1]);
    },
    (output) => {
      const [anywhere, local] = output
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
      assert.doesNotMatch(anywhere.client, /^127\.9\.9\.9:/);
      assert.match(local.client, /^127\.9\.9\.9:\d+$/);
      assert.equal(local.node, 'node-1');
    },
    (output) => assert.deepEqual(countsIn(output), [1, 2], output),
    undefined,
    undefined,
  ]);
});

test('system D: the page holds', async (t) => {
  const pinned: Check = (output) => assert.deepEqual(countsIn(output), [30]);
  const spread: Check = (output) => {
    const counts = countsIn(output);
    assert.equal(counts.length, 5, output);
    assert.ok(counts[0]! >= 3, output);
  };
  await followPage(t, 'd', [
    pods('sample-service-grpc', 1),
    (output) => assert.match(output, /^0 restarts/m),
    pods('sample-service-grpc', 1),
    pinned,
    pinned,
    spread,
    spread,
    (output) => assert.match(output, /^5$/m),
    undefined,
    pinned,
    undefined,
    undefined,
    (output) => assert.match(output, /^ *\d+ 200\n$/),
    // Longer than the age, or it would not have been in flight when the connection was told to end.
    (output) => {
      const [, status, seconds] = /^(\d+) after ([\d.]+) s$/m.exec(output)!;
      assert.equal(status, '200');
      assert.ok(Number(seconds) >= 2.9, output);
    },
  ]);
});

test('without nginx and with an Envoy that does not start the rest of system D is up, and a line says why', async (t) => {
  const system = await SystemProcess.start('d', { EVENKEEL_NGINX: '/no/such/nginx', EVENKEEL_ENVOY: '/bin/false' });
  t.after(() => system.stop());
  const { notices, addresses } = system.ready;
  const about = (name: string) => notices.find((line) => line.startsWith(name)) ?? notices.join();
  assert.match(about('sample-service-nginx'), /^sample-service-nginx is left out: there is no nginx\. Install it/);
  assert.match(about('gateway'), /^gateway and go-l7 are left out: pod gateway-\S+ keeps ending \(exit code 1\)/);
  assert.ok(['NGINX', 'GO_L7', 'EDGE'].every((name) => !(name in addresses)));
  assert.match(await system.run('curl -s "$GO/go/sample"'), /sample-service-grpc-/);
  assert.doesNotMatch(await system.run('evenkeel lab ps'), /CrashLoopBackOff|gateway-\S+ +(yes|no)/);
});

test('an Envoy that is named and is none is refused before anything starts', async () => {
  const { code, stderr } = await evenkeel(['lab', '--system', 'b'], { env: { EVENKEEL_ENVOY: '/no/such/envoy' } });
  assert.equal(code, 2);
  assert.match(stderr, /^error EK_USAGE: \/no\/such\/envoy is not a program that can be run/);
});
