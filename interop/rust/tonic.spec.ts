// tonic-xds, a client of a sixth maker, through cases of the matrix: all but those that look into the client, which shows nothing
// of its state, and the one that wants exact turns, where it draws between two pods.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { notServing } from '../cases/not-serving.ts';
import { restart } from '../cases/restart.ts';
import { rolling } from '../cases/rolling.ts';
import { scale } from '../cases/scale.ts';
import type { Case } from '../driver/case.ts';
import { rustKind } from '../driver/clients.ts';
import type { LiveClient } from '../driver/live-client.ts';
import { Outcome } from '../driver/outcome.ts';
import { attempts, isExcused } from '../driver/run-case.ts';
import { evenkeelServe } from '../driver/serve.ts';
import { services, World } from '../driver/world.ts';

/** Six standard deviations below the mean of a draw between three pods. */
const fewest = 50;

const skip = (await rustKind.missing()) ?? false;

test('tonic-xds is even as far as chance is, follows every change, and rejects nothing', { skip }, async (t) => {
  const world = await World.start([rustKind], evenkeelServe);
  t.after(() => world.stop());
  const [client] = world.clients;
  assert.ok(client !== undefined, String(world.broken.get('rust')));

  const [, service] = services;
  const target = `xds:///${service}`;
  const { backends, failures } = await client.process.call([target], 300, 'rust-even', { deadlineMs: 60_000 });
  assert.deepEqual(failures, {});
  assert.deepEqual(backends[target], await world.cluster.counts('rust-even'));
  for (const pod of world.cluster.pods(service)) {
    const calls: number = backends[target]?.[pod] ?? 0;
    assert.ok(calls >= fewest, `${pod}: ${calls}`);
  }

  for (const one of [scale, rolling, notServing, restart]) {
    assert.deepEqual(await problemsOf(world, client, one), [], one.title);
  }
  assert.equal(await world.controlPlane.nacks(), 0);
});

async function problemsOf(world: World, client: LiveClient, one: Case): Promise<readonly string[]> {
  for (let attempt = 1; ; attempt++) {
    const outcome = new Outcome();
    await world.stallMs();
    await one.run(world, new Map([[client, outcome]]));
    if (!isExcused([outcome], await world.stallMs()) || attempt === attempts) return outcome.problems;
  }
}
