import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { schemes, silentProgress } from '../../probe/index.ts';
import type { AgePlace } from './age-place.ts';
import { measureAges } from './measure-ages.ts';
import { parseConnectionAge } from './options.ts';

test('defaults, and ages in order and each once', () => {
  const { agesMs, scale, fleet } = parseConnectionAge({ ages: '10m,30s,30s,1m' });
  assert.deepEqual([agesMs, scale, fleet.clients], [[30_000, 60_000, 600_000], 30, 200]);
});

test('in a cluster ages are what they are, and few', () => {
  const { agesMs, scale } = parseConnectionAge({ kubernetes: true });
  assert.deepEqual([agesMs, scale], [[10_000, 30_000, 60_000, 120_000], 1]);
});

test('what cannot be measured is refused by its flag', () => {
  for (const [raw, field] of [
    [{ ages: 'soon' }, '--ages'],
    [{ ages: '1ms' }, '--ages'],
    [{ scale: '0' }, '--scale'],
    [{ pods: '3', scaleTo: '3' }, '--scale-to'],
    [{ clients: '1.5' }, '--clients'],
    [{ fleetClients: 'many' }, '--fleet-clients'],
    [{ dnsInterval: '5 parsecs' }, '--dns-interval'],
    [{ image: 'evenkeel:dev' }, '--image'],
  ] as const) {
    assert.throws(() => parseConnectionAge(raw), { code: 'EK_USAGE', location: { field } }, JSON.stringify(raw));
  }
});

test('it is ended while its clients wait for answers that will not come', async (t) => {
  const early = new AbortController();
  // It takes calls and answers none; a client waits ten seconds for its first answers.
  const deaf = createServer((socket) => {
    socket.on('error', () => {}).resume();
    early.abort(new Error('enough'));
  }).listen(0, '127.0.0.1');
  await once(deaf, 'listening');
  t.after(() => deaf.close());
  const { port } = deaf.address() as { port: number };
  const target = `http://127.0.0.1:${port}/`;
  const ages: AgePlace = {
    start: async () => ({
      clients: [{ scheme: schemes['clusterip-http-keepalive'], target, channelOptions: {} }],
      pods: async () => [{ name: 'pod', address: `127.0.0.1:${port}` }],
      cpuMs: async () => null,
      scaleOut: async () => [],
      end: async () => {},
    }),
  };
  const place = { environment: 'lab', versions: {}, ages } as const;
  const sweep = measureAges(place, parseConnectionAge({ ages: '30s', clients: '1' }), silentProgress, early.signal);
  await assert.rejects(sweep, /^Error: enough$/);
});
