import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { stringify } from 'yaml';
import type { PlanInput } from './plan-input.ts';
import { planService } from './plan-service.ts';

const folder = join(import.meta.dirname, 'testdata');

for (const file of readdirSync(join(folder, 'in'))) {
  test(`${file} is planned as in testdata/out`, (t) => {
    const text = readFileSync(join(folder, 'in', file), 'utf8');
    const plan = planService(JSON.parse(text) as PlanInput);
    t.assert.fileSnapshot(plan, join(folder, 'out', file.replace(/json$/, 'yaml')), {
      serializers: [(value: unknown) => stringify(value, { lineWidth: 120, aliasDuplicateObjects: false })],
    });
    // A recorded input is all that a plan depends on, and a plan is all that the next one needs.
    const recorded = JSON.parse(JSON.stringify({ ...(JSON.parse(text) as PlanInput), state: plan.state })) as PlanInput;
    assert.deepEqual(planService(recorded).groups, plan.groups, 'what is planned again is planned the same');
  });
}
