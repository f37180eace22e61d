import assert from 'node:assert/strict';
import { test } from 'node:test';
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
