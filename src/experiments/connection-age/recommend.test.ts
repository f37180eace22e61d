import assert from 'node:assert/strict';
import { test } from 'node:test';
import { meanConvergenceMs, reconnectsPerMinute, worstConvergenceMs } from './model.ts';
import { costOf, recommendAgeMs, reconnectCost } from './recommend.ts';

const fleet = { clients: 200, pods: 20, scaleOutsPerHour: 4, podsAdded: 5, coresPerPod: 1, dnsMs: 30_000 };

test('the model in figures', () => {
  const setting = { ageMs: 60_000, pods: 3, dnsMs: 30_000 };
  assert.equal(reconnectsPerMinute(setting), 3);
  assert.equal(worstConvergenceMs(setting), 96_000);
  assert.equal(meanConvergenceMs(setting), 15_000, 'DNS decides where connections close more often than it is asked');
  assert.equal(meanConvergenceMs({ ...setting, ageMs: 600_000 }), 100_000);
});

test('no other age costs less than the recommended one, but for rounding', () => {
  const { ageMs, exactMs } = recommendAgeMs(fleet, 5);
  const best = costOf(exactMs, fleet, 5).totalCores;
  for (let age = 30_000; age <= 3_600_000; age *= 1.05)
    assert.ok(costOf(age, fleet, 5).totalCores >= best - 1e-9, `${age}`);
  assert.ok(costOf(ageMs, fleet, 5).totalCores < best * 1.1);
});

test('it goes with the square root of clients, and against that of scale-outs', () => {
  const exact = (more: Partial<typeof fleet>): number => recommendAgeMs({ ...fleet, ...more }, 5).exactMs;
  assert.ok(Math.abs(exact({ clients: 20_000 }) / exact({}) - 10) < 1e-9);
  assert.ok(Math.abs(exact({ scaleOutsPerHour: 400 }) / exact({}) - 0.1) < 1e-9);
});

test('it is never below the DNS interval, and without scale-outs as long as can be', () => {
  assert.equal(recommendAgeMs({ ...fleet, scaleOutsPerHour: 3600 }, 0.001).ageMs, 30_000);
  assert.equal(recommendAgeMs({ ...fleet, scaleOutsPerHour: 0 }, 5).ageMs, 3_600_000);
});

test('what a reconnect costs is the slope over the sweep', () => {
  const points = [0, 1, 4, 9].map((reconnectsPerSecond) => ({
    reconnectsPerSecond,
    cpuMsPerSecond: 200 + 3 * reconnectsPerSecond,
  }));
  assert.ok(Math.abs(reconnectCost(points)! - 3) < 1e-9);
  assert.equal(reconnectCost(points.slice(0, 2)), null);
  assert.equal(reconnectCost(points.map((point) => ({ ...point, cpuMsPerSecond: 100 }))), null, 'no rise, no answer');
});
