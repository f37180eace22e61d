import assert from 'node:assert/strict';
import { test } from 'node:test';
import { saturationOf } from './saturation.ts';

type Result = Parameters<typeof saturationOf>[0];
interface Part {
  readonly rates?: readonly [number | null, number];
  readonly own?: Partial<Result['saturation']>;
  readonly held?: Partial<Result['recorder']['held']>;
  readonly streamWaits?: number;
}

function seen({ rates: [intendedRate, achievedRate] = [100, 100], own, held, streamWaits }: Part) {
  const result = {
    ...{ intendedRate, achievedRate },
    saturation: { busy: 0.1, latestMs: 1, heldBack: false, pauses: 0, ...own },
    recorder: { calls: 1000, held: { calls: 0, longestMs: 0, notSent: 0, for: undefined, ...held } },
  };
  return saturationOf(result, streamWaits);
}

test('all is well', () => {
  assert.deepEqual(seen({}), { by: null, busy: 0.1, latestMs: 1, note: '' });
  assert.equal(seen({ held: { calls: 10, longestMs: 500, for: 'connection' } }).by, null, 'too few to show in p99');
});

test('calls that never left: for want of connections it is this program, for want of streams or bytes the target', () => {
  for (const [what, by, words] of [
    ['connection', 'generator', /--connections/],
    ['stream', 'target', /SETTINGS_MAX_CONCURRENT_STREAMS/],
    ['window', 'target', /flow control/],
  ] as const) {
    for (const rates of [
      [100, 50],
      [null, 50],
    ] as const) {
      const unsent = seen({ rates, held: { notSent: 1, for: what } });
      assert.equal(unsent.by, by);
      assert.match(unsent.note, /^1 of 1001 calls never left this program and are no failures of the target/);
      assert.match(unsent.note, words);
      const late = seen({ rates: [null, 50], held: { calls: 900, longestMs: 421, for: what } });
      assert.equal(late.by, by);
      assert.match(late.note, /^900 of 1000 calls waited in this program, up to 421 ms/);
    }
  }
});

test('calls that waited inside of a client for a stream', () => {
  assert.equal(seen({ streamWaits: 10 }).by, null, 'too few to show in p99');
  const { by, note } = seen({ rates: [100, 50], streamWaits: 500 });
  assert.equal(by, 'target');
  assert.match(note, /^500 calls, .* waited in this program.*SETTINGS_MAX_CONCURRENT_STREAMS.*--connections/);
});

test('a rate that was not reached', () => {
  assert.equal(seen({ rates: [100, 98], own: { heldBack: true } }).by, 'target');
  assert.equal(seen({ rates: [100, 98] }).by, 'generator');
  assert.equal(seen({ rates: [100, 99] }).by, null);
  assert.equal(seen({ own: { latestMs: 101 } }).by, 'generator');
});

test('a busy program explains everything else', () => {
  const { by, note } = seen({ rates: [100, 50], own: { busy: 0.95 }, held: { notSent: 500, for: 'stream' } });
  assert.equal(by, 'generator');
  assert.match(note, /^this program was busy for 95 % of the time/);
});
