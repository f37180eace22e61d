import { readArguments, wrongArguments } from '../../scripts/arguments.mjs';
import type { PlanInput } from '../../src/plan/plan-input.ts';
import { planService } from '../../src/plan/plan-service.ts';

const usage = `Usage: node bench/plan/run.ts [options]
Plans 1,000 clients of 1,000 pods in three zones: fastest and median in
milliseconds of processor time. Ends with 1 where a median is 5 ms or more.
  --rounds N  plans of each kind (default: 200)
Example:
  node bench/plan/run.ts --rounds 50`;

const {
  values: { rounds },
} = readArguments(usage, { rounds: { type: 'number', default: 200 } });
if (!Number.isInteger(rounds) || rounds < 1) wrongArguments('invalid --rounds: a whole number from 1 on', usage);
/** What a plan may take, milliseconds. */
const mostMs = 5;

const zones = ['zone-a', 'zone-b', 'zone-c'];
const inZones = <Item>(counts: readonly number[], make: (zone: string, index: number) => Item): Item[] =>
  counts.flatMap((count, zone) => Array.from({ length: count }, (_, index) => make(zones[zone]!, index)));

const first: PlanInput = {
  policy: { prefer: 'zone' },
  pods: inZones([450, 350, 200], (zone, index) => ({ key: `${zone}-${index}:50051`, zone })),
  clients: inZones([600, 300, 100], (zone, index) => ({ id: `${zone}-client-${index}`, zone })),
};
const { state } = planService(first);
const cases: Record<string, PlanInput> = {
  first,
  same: { ...first, state },
  'pod gone': { ...first, pods: first.pods.slice(1), state },
  'pod came': { ...first, pods: [...first.pods, { key: 'zone-a-new:50051', zone: 'zone-a' }], state },
};

let slow = false;
for (const [name, input] of Object.entries(cases)) {
  for (let round = 0; round < 50; round++) planService(input);
  const times = Array.from({ length: rounds }, () => {
    const before = process.cpuUsage();
    planService(input);
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1_000;
  }).sort((a, b) => a - b);
  const median = times[Math.floor(rounds / 2)]!;
  slow ||= median >= mostMs;
  console.log(`${name.padEnd(9)} ${times[0]!.toFixed(2).padStart(6)} / ${median.toFixed(2)} ms`);
}
if (slow) process.exitCode = 1;
