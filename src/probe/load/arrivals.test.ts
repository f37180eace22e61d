import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Arrivals, dueTimes, parseRate } from './arrivals.ts';

const seconds = 20_000;
const times = (rate: string, poisson = false, durationMs = seconds, seed = 1): number[] => [
  ...dueTimes(parseRate(rate, poisson), durationMs, seed),
];
const within = (all: readonly number[], from: number, to: number): number =>
  all.filter((at) => at >= from && at < to).length;

/** Calls that are due by `atMs` of a schedule that lasts `durationMs`: the integral of the rate. */
function dueBy({ shape, rates }: Arrivals & { loop: 'open' }, atMs: number, durationMs: number): number {
  const [first = 0, last = first] = rates;
  if (shape === 'constant') return (first * atMs) / 1000;
  if (shape === 'ramp') return (first * atMs + ((last - first) * atMs * atMs) / (2 * durationMs)) / 1000;
  const stepMs = durationMs / rates.length;
  return rates.reduce((sum, rate, index) => {
    const within = Math.min(Math.max(atMs - index * stepMs, 0), stepMs);
    return sum + (rate * within) / 1000;
  }, 0);
}

test('a constant rate is evenly spaced', () => {
  const all = times('50');
  assert.equal(all.length, 1000);
  for (const [index, at] of all.entries()) assert.ok(Math.abs(at - index * 20) < 1e-6);
});

test('a ramp has the rate that it says at every time', () => {
  const all = times('0..100');
  assert.equal(all.length, 1000);
  // The integral of 5 t: 2.5 t².
  for (const [from, to] of [
    [0, 5000],
    [5000, 10_000],
    [15_000, 20_000],
  ] as const) {
    const expected = (2.5 * (to * to - from * from)) / 1e6;
    assert.ok(Math.abs(within(all, from, to) - expected) <= 1, `${from} to ${to}`);
  }
  const down = times('100..0');
  assert.ok(Math.abs(within(down, 0, 5000) - 437.5) <= 1);
});

test('steps are equally long, a step of 0 is a pause', () => {
  const all = times('10,0,200,40');
  assert.deepEqual(
    [0, 1, 2, 3].map((step) => within(all, step * 5000, (step + 1) * 5000)),
    [50, 0, 1000, 200],
  );
});

test('Poisson arrivals have the rate and the spread of a Poisson process', () => {
  for (const rate of ['500', '0..1000', '250,750']) {
    const all = times(rate, true);
    assert.ok(Math.abs(all.length - 10_000) < 400, `${rate}: ${all.length}`);
  }
  const all = times('500', true);
  const gaps = all.slice(1).map((at, index) => at - all[index]!);
  const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
  const deviation = Math.sqrt(gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length);
  assert.ok(Math.abs(deviation / mean - 1) < 0.05, 'exponential gaps deviate by their mean');
  assert.deepEqual(times('500', true), all, 'the same seed gives the same times');
  assert.notDeepEqual(times('500', true, seconds, 2), all);
});

test('calls due by a time are the integral of the rate', () => {
  for (const rate of ['50', '10..90', '0,100', '80..20']) {
    const arrivals = parseRate(rate, false);
    for (const at of [0, 3000, 12_000, 20_000]) {
      const due = times(rate).filter((time) => time < at).length;
      assert.ok(Math.abs(dueBy(arrivals, at, seconds) - due) <= 1, `${rate} at ${at}`);
    }
  }
});

test('what is no rate is refused', () => {
  for (const text of ['', '0', '-1', 'fast', '1..', '10..x', '1,,2', '0,0', '2000000']) {
    assert.throws(() => parseRate(text, false), { code: 'EK_USAGE', location: { field: '--rate' } }, text);
  }
});
