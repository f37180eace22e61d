import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clientKinds } from './driver/clients.ts';
import { type FirstStart, firstStart } from './driver/first-start.ts';
import { evenkeelServe } from './driver/serve.ts';

const requireAll = process.env.EVENKEEL_REQUIRE === 'all';
const reasons = new Map(await Promise.all(clientKinds.map(async ({ id, missing }) => [id, await missing()] as const)));
const kinds = clientKinds.filter(({ id }) => requireAll || reasons.get(id) === undefined);
const results: readonly FirstStart[] = await firstStart({
  kinds,
  serve: evenkeelServe,
  away: 'refused',
  awayMs: 3_000,
  waitingDeadlineMs: 20_000,
});

/** docs/first-start.md: with these, a call with wait-for-ready outlasts a control plane that is not there yet. */
const waits = new Set(['node', 'envoy-sotw', 'envoy-delta']);

for (const { id } of clientKinds) {
  const skip = kinds.some((kind) => kind.id === id) ? false : reasons.get(id);
  test(`${id}: what starts before the control plane gets its answers once that is there`, { skip }, () => {
    const { phases, waiting } = results.find(({ client }) => client === id)!;
    const failures = phases.slice(0, -1).map(({ status }) => status);
    for (const status of failures) assert.match(status, /^(?:UNAVAILABLE|DEADLINE_EXCEEDED): /);
    assert.equal(phases.at(-1)!.status, 'OK', 'no call fails after the first one that was answered');
    if (waits.has(id)) assert.equal(waiting.status, 'OK');
  });
}
