import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HearingCost } from './hearing-cost.ts';

test('what reports cost is measured, now and then, and every one is heard', () => {
  let [cpuMs, asked, heard] = [0, 0, 0];
  const cost = new HearingCost(() => {
    asked += 1;
    return cpuMs;
  });
  const hear = (ms: number, times: number): void => {
    for (let left = times; left > 0; left--) {
      cost.measure(() => {
        cpuMs += ms;
        heard += 1;
      });
    }
  };
  hear(10, 8);
  assert.ok(cost.reportMs < 1, 'the first one, whose code is not compiled yet, counts little');
  hear(0.2, 40_000);
  assert.equal(cost.reportMs.toFixed(2), '0.50');
  hear(0.4, 40_000);
  assert.equal(cost.reportMs.toFixed(2), '1.00');
  assert.equal(heard, 80_008);
  assert.ok(asked < heard / 3);
});
