import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ColdResult, formatCold, mediansOf, type Round } from './result.ts';

const round = (ms: number, exact = 2): Round => ({
  ...{ startMs: ms, stormMs: ms, stormCpuMs: ms, firstMs: ms, lastMs: ms, changeCpuMs: ms },
  exact,
});
const about = { schemaVersion: 1, clients: 2, restSeconds: 1, othersCpuPercent: 12 } as const;

test('medians and their ratio, with the rounds behind them', () => {
  const result: ColdResult = {
    ...about,
    servers: { linear: [round(4), round(2), round(3)], evenkeel: [round(9), round(6), round(5)] },
  };
  const { linear, evenkeel, ratio } = mediansOf(result);
  assert.deepEqual([linear!.stormMs, evenkeel!.stormMs, ratio!.stormMs], [3, 6, 2]);
  const text = formatCold(result);
  assert.match(text, /evenkeel +6 \(5–9\)/);
  assert.match(text, /ratio +2\.00× /);
  assert.doesNotMatch(text, /exact/);
  const slices = { 'linear-slices': [round(2)], 'evenkeel-slices': [round(5)] };
  const both = mediansOf({ ...about, servers: { ...result.servers, ...slices } });
  assert.deepEqual([both.ratio!.firstMs, both['ratio-slices']!.firstMs], [2, 2.5]);
});

test('a client with the wrong endpoints is not passed over, and one server alone has no ratio', () => {
  const text = formatCold({ ...about, servers: { linear: [round(4, 1)] } });
  assert.match(text, /linear: not every client was exact/);
  assert.doesNotMatch(text, /ratio/);
});
