import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Clock, systemClock } from '../clock.ts';
import {
  type AdsServer,
  type AdsTestClient,
  type DeltaTestStream,
  type SotwTestStream,
  type TestStream,
  typeUrls,
} from '../index.ts';
import { assignment, startFixture } from '../testing/fixture.ts';

const { endpoint: eds } = typeUrls;
const all = 20_000;
const names = Array.from({ length: all }, (_, index) => `name-${index}`);

/** Half a millisecond goes by with every look at it, and no less than a timer waits for. */
function slowClock(): Clock {
  let now = 0;
  const look = (): number => {
    now += 0.5;
    return now;
  };
  const after: Clock['after'] = (delayMs, callback) =>
    systemClock.after(delayMs, () => {
      now += delayMs;
      callback();
    });
  return { now: look, after };
}

/** How many subscriptions there are in the first turn in which there are more, or less, than before. */
async function afterOneTurn(server: AdsServer, before: number): Promise<number> {
  while (server.open.subscriptions === before) await nextTurn();
  return server.open.subscriptions;
}

function ask(client: AdsTestClient, variant: string): TestStream {
  const ads = variant === 'sotw' ? client.sotw() : client.delta();
  if (variant === 'sotw') (ads as SotwTestStream).request(eds, names);
  else (ads as DeltaTestStream).request(eds, { subscribe: names });
  return ads;
}

for (const variant of ['sotw', 'delta']) {
  test(`${variant}: all names that a stream may have are taken, and given up, in many turns`, async (t) => {
    const { cache, server, connect } = await startFixture(t, { clock: slowClock() });
    cache.set(assignment(`name-${all - 1}`));
    const client = await connect();
    const ads = ask(client, variant);
    assert.ok((await afterOneTurn(server, 0)) < all);
    // The names that wait are charged as well: many streams may have such a request at once.
    assert.ok(server.memory.usedBytes > names.join().length, `${server.memory.usedBytes}`);
    // What changes meanwhile is not sent before the request has been dealt with.
    cache.set(assignment('name-0'));
    const { names: sent } = await ads.response(eds);
    assert.deepEqual(sent, ['name-0', `name-${all - 1}`]);
    assert.equal(server.open.subscriptions, all);
    client.session.destroy();
    await once(client.session, 'close');
    assert.ok((await afterOneTurn(server, all)) > 0);
    assert.deepEqual(server.streamsOf(eds, `name-${all - 1}`), []);
    while (server.open.subscriptions > 0) await nextTurn();
  });
}

test('a request beyond the names of a stream ends it, in whichever turn that shows, and a second one waits', async (t) => {
  const { server, connect } = await startFixture(t, { clock: slowClock(), limits: { namesPerStream: 1_000 } });
  const client = await connect();
  const ads = client.delta();
  ads.request(eds, { subscribe: names.slice(0, 600) });
  ads.request(eds, { subscribe: names.slice(600, 1_000) });
  ads.request(eds, { subscribe: names.slice(1_000, 1_600) });
  assert.match((await ads.ended).message, /too many resource names/);
  while (server.open.subscriptions > 0) await nextTurn();
});
