import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { evenkeel } from './support/evenkeel.ts';
import { countsIn, kindsOf, podsIn, stepsOf } from './support/page.ts';
import { SystemProcess } from './support/system-process.ts';

/** What a step prints, beyond its kinds of lines; undefined where those say all. */
type Check = ((output: string) => void) | undefined;

/** Runs every command of a page: it prints the kinds of lines that the page says, and what the checks say. */
async function followPage(t: TestContext, letter: string, checks: readonly Check[]): Promise<void> {
  const steps = stepsOf(letter);
  assert.equal(checks.length, steps.length, 'every command of the page is looked at');
  const system = await SystemProcess.start(letter);
  t.after(() => system.stop());
  for (const [at, { command, stated }] of steps.entries()) {
    if (command.includes('"$NGINX') && !('NGINX' in system.ready.addresses)) {
      assert.notEqual(process.env.EVENKEEL_REQUIRE, 'all', 'there is no nginx, and nothing may be skipped');
      assert.match(system.ready.notices.join(), /sample-service-nginx is left out: there is no program "nginx"/);
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
    (output) => assert.deepEqual(countsIn(output), [3]),
    undefined,
  ]);
});

test('system D: the page holds', async (t) => {
  const pinned: Check = (output) => assert.deepEqual(countsIn(output), [30]);
  await followPage(t, 'd', [
    pods('sample-service-grpc', 1),
    pods('sample-service-grpc', 1),
    pinned,
    pinned,
    (output) => {
      const counts = countsIn(output);
      assert.equal(counts.length, 5, output);
      assert.ok(counts[0]! >= 3, output);
    },
    undefined,
    undefined,
    // Longer than the age, or it would not have been in flight when the connection was told to end.
    (output) => {
      const [, status, seconds] = /^(\d+) after ([\d.]+) s$/m.exec(output)!;
      assert.equal(status, '200');
      assert.ok(Number(seconds) >= 2.9, output);
    },
  ]);
});
