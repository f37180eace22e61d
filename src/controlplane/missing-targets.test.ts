import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ClientResource, type StreamInfo, typeUrls } from '@evenkeel/xds';
import { ManualClock } from '../base/clock.ts';
import { Metrics } from './metrics.ts';
import { MissingTargets } from './missing-targets.ts';
import { logCapture } from './testing/log-capture.ts';

const stream = { id: 7, peer: '127.0.0.1:1', node: { id: 'fe-1' }, group: 'shop' } as StreamInfo;

function setUp(resources: readonly Partial<ClientResource>[]) {
  const clock = new ManualClock();
  const { log, lines } = logCapture();
  const missing = new MissingTargets({
    clock,
    log,
    metrics: new Metrics(),
    resourcesOf: (id) =>
      id === 7
        ? resources.map((one) => ({ typeUrl: typeUrls.listener, name: '', version: undefined, ...one }))
        : undefined,
    why: (listener, namespace) => (listener === 'late' ? undefined : `no ${listener} in ${namespace}`),
  });
  return { clock, lines, missing };
}

test('what a client asks for in vain is told once, a second later', () => {
  const { clock, lines, missing } = setUp([
    { name: 'orders' },
    { name: 'late' },
    { name: 'served', version: '1' },
    { name: 'shop/orders:80', typeUrl: typeUrls.cluster },
  ]);
  missing.asked(stream, typeUrls.listener);
  clock.advance(999);
  assert.deepEqual(lines, []);
  clock.advance(1);
  assert.equal(lines.length, 1);
  const { code, target, reason, node } = lines[0]!;
  assert.deepEqual([code, target, reason, node], ['EK_NOT_SERVED', 'orders', 'no orders in shop', 'fe-1']);
  missing.asked(stream, typeUrls.listener);
  clock.advance(1_000);
  assert.equal(lines.length, 1);
});

test('of a stream that is over, of a gateway, and of other types nothing is told', () => {
  const { clock, lines, missing } = setUp([{ name: 'orders' }]);
  missing.asked(stream, typeUrls.listener);
  missing.closed(stream);
  missing.asked({ ...stream, id: 8 }, typeUrls.listener);
  missing.asked({ ...stream, group: 'gateway:edge' }, typeUrls.listener);
  missing.asked(stream, typeUrls.cluster);
  clock.advance(5_000);
  assert.deepEqual(lines, []);
});

test('a client that asks for ever new names does not fill the log', () => {
  const { clock, lines, missing } = setUp(Array.from({ length: 500 }, (_, index) => ({ name: `x${index}` })));
  missing.asked(stream, typeUrls.listener);
  clock.advance(1_000);
  missing.asked(stream, typeUrls.listener);
  clock.advance(1_000);
  assert.equal(lines.length, 100);
});

test('what thousands of streams were told is bounded, and there is room again when they are over', async () => {
  const { log } = logCapture();
  log.level = 'silent';
  const clock = new ManualClock();
  const metrics = new Metrics();
  const names = Array.from({ length: 100 }, (_, index) => `x${index}`);
  const resourcesOf = () => names.map((name) => ({ typeUrl: typeUrls.listener, name, version: undefined }));
  const missing = new MissingTargets({ clock, log, metrics, resourcesOf, why: () => 'there is none' });
  const told = async () => Number(/^evenkeel_xds_names_not_served_total (\d+)$/m.exec(await metrics.text())?.[1]);
  const ask = (id: number): void => missing.asked({ ...stream, id }, typeUrls.listener);
  for (let id = 0; id < 150; id++) ask(id);
  clock.advance(1_000);
  assert.equal(await told(), 10_000);
  missing.closed({ ...stream, id: 0 });
  ask(200);
  clock.advance(1_000);
  assert.equal(await told(), 10_100);
});

test('a target that ceases to be served is told of, each time', () => {
  const served = new Set(['orders']);
  const { log, lines } = logCapture();
  const clock = new ManualClock();
  const missing = new MissingTargets({
    clock,
    log,
    metrics: new Metrics(),
    resourcesOf: () => [
      { typeUrl: typeUrls.listener, name: 'orders', version: served.has('orders') ? '1' : undefined },
    ],
    why: (listener) => (served.has(listener) ? undefined : 'gone'),
  });
  missing.asked(stream, typeUrls.listener);
  clock.advance(1_000);
  assert.equal(lines.length, 0);
  for (const times of [1, 2]) {
    served.delete('orders');
    missing.withdrawn(stream, 'orders');
    missing.withdrawn(stream, 'orders');
    clock.advance(1_000);
    assert.equal(lines.length, times);
    served.add('orders');
  }
  missing.withdrawn(stream, 'orders');
  clock.advance(1_000);
  assert.equal(lines.length, 2, 'it was back within a second');
});
