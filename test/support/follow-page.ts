import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { kindsOf, podsIn, stepsOf } from './page.ts';
import { SystemProcess } from './system-process.ts';

/** What a step prints, beyond its kinds of lines; undefined where those say all. */
export type Check = ((output: string) => void) | undefined;

const noEnvoy = /^gateway.* left out: there is no Envoy\. Put envoy on PATH/m;

/** What the notices say where there is no such address. */
const leftOut: Readonly<Record<string, RegExp>> = {
  NGINX: /^sample-service-nginx is left out: there is no nginx\. Install it/m,
  HTTP_L7: noEnvoy,
  GO_L7: noEnvoy,
};

/** Runs every command of a page: it prints the kinds of lines that the page says, and what the checks say. */
export async function followPage(t: TestContext, letter: string, checks: readonly Check[]): Promise<void> {
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
export const pods =
  (deployment: string, count: number): Check =>
  (output) =>
    assert.equal(podsIn(output, deployment).length, count, output);
