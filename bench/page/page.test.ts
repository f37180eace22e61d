import assert from 'node:assert/strict';
import { test } from 'node:test';
import { skipBrowser } from '../../test/dashboard/browser.ts';
import { outcomeOf } from '../../test/support/outcome.ts';
import { staysFlat } from './memory.ts';

test('it measures the memory of three pages, with many Services', { skip: skipBrowser }, async () => {
  const few = ['--services', '40', '--changes', '5', '--minutes', '0'];
  const { code, stdout, stderr } = await outcomeOf(process.execPath, [
    `${import.meta.dirname}/run.ts`,
    ...['--only', 'memory', '--json', ...few],
  ]);
  assert.equal(code, 0, stderr);
  const { many, memory, frozen } = JSON.parse(stdout);
  assert.deepEqual([many, frozen, memory.isFlat], [undefined, undefined, undefined]);
  assert.deepEqual(Object.keys(memory.pages), ['services', 'service', 'walker']);
  for (const [sample] of Object.values<{ heapBytes: number; domNodes: number }[]>(memory.pages)) {
    assert.ok(sample!.heapBytes > 100_000 && sample!.domNodes > 100);
  }
});

test('memory that grows is not flat, and noise is', () => {
  const samples = (heap: (minute: number) => number) =>
    Array.from({ length: 11 }, (_, minute) => ({ heapBytes: heap(minute) }));
  assert.equal(staysFlat(samples((minute) => 4e6 + (minute % 3) * 1e5)), true);
  assert.equal(staysFlat(samples((minute) => (minute < 2 ? 2e6 : 4e6))), true);
  assert.equal(staysFlat(samples((minute) => 4e6 + minute * 2e5)), false);
});
