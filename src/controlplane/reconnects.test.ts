import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AdsTestClient, typeUrls } from '@evenkeel/xds';
import { ManualClock } from '../base/clock.ts';
import { ControlPlane } from './control-plane.ts';
import { Metrics } from './metrics.ts';
import { Reconnects } from './reconnects.ts';
import { logCapture } from './testing/log-capture.ts';
import { grpcService, readyEndpoint, ToldSource } from './testing/told-source.ts';

/** Replicas that DNS has, look by look; what the server was asked to do. */
async function reconnectsWith(looks: readonly (readonly string[])[], sessions: number, perSecond = 20) {
  const clock = new ManualClock();
  const asked: number[] = [];
  let at = 0;
  const reconnects = new Reconnects({
    server: {
      open: { sessions, streams: sessions, subscriptions: 0 },
      reconnect: (withinMs, youngestMs) => {
        assert.equal(youngestMs, 150_000);
        return asked.push(withinMs);
      },
    },
    replicas: { name: 'evenkeel', perSecond },
    metrics: new Metrics(),
    log: logCapture().log,
    clock,
    resolve: async () => looks[Math.min(at++, looks.length - 1)]!,
  });
  reconnects.start();
  // Long enough for the last look, and for what it makes happen.
  for (let second = 0; second < 5 * looks.length + 10; second++) {
    await new Promise(setImmediate);
    clock.advance(1_000);
  }
  reconnects.stop();
  assert.equal(clock.pending, 0);
  return asked;
}

test('where a replica comes, clients are asked to reconnect, no more than so many in a second', async () => {
  assert.deepEqual(await reconnectsWith([['a']], 15), []);
  assert.deepEqual(await reconnectsWith([['a'], ['a', 'b', 'c']], 15), [10_000]);
  assert.deepEqual(await reconnectsWith([['a'], ['a', 'b']], 1_000, 20), [50_000]);
  assert.deepEqual(await reconnectsWith([['a', 'b'], ['a']], 15), []);
});

test('replicas that come and go do not put it off', async () => {
  const looks = [['a'], ['a', 'b'], ['a'], ['a', 'b'], ['a'], ['a', 'b']];
  assert.equal((await reconnectsWith(looks, 15)).length, 3);
});

test('a process that stood still lets its clients go at once', async (t) => {
  const source = new ToldSource();
  const { log, lines } = logCapture();
  const controlPlane = new ControlPlane({
    sources: [{ name: 'file', discovery: source }],
    health: { intervalMs: 100, timeoutMs: 100, rise: 1, fall: 1, jitter: 0 },
    clusterDomain: 'cluster.local',
    // More than a busy machine makes a process wait by itself.
    standstillMs: 1_000,
    version: '1.2.3',
    log,
  });
  const { port } = await controlPlane.start({ host: '127.0.0.1', port: 0 });
  t.after(() => controlPlane.stop());
  source.tell.upsert(grpcService('default/be1-srv', [readyEndpoint('10.0.0.1')]));
  source.tell.synced();
  await controlPlane.whenReady;
  const client = await AdsTestClient.connect(`http://127.0.0.1:${port}`);
  t.after(() => client.close());
  const ads = client.sotw();
  await ads.requestResponseAck(typeUrls.listener, ['be1-srv.default']);

  // Nothing runs meanwhile and no processor is used, as after SIGSTOP.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2_500);
  assert.equal((await ads.ended).code, 14);
  assert.ok(lines.some((line) => JSON.stringify(line).includes('the process stood still')));
  assert.match((await controlPlane.metrics()).text, /evenkeel_xds_reconnects_total\{reason="standstill"\} 1/);
});
