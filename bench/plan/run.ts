import { parseArgs } from 'node:util';
import type { PlanInput } from '../../src/plan/plan-input.ts';
import { planService } from '../../src/plan/plan-service.ts';

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '200' } } });
const rounds = Number(values.rounds);
if (!Number.isInteger(rounds) || rounds < 1) {
  console.error(`--rounds must be a whole number from 1 on, not "${values.rounds}"`);
  process.exit(2);
}
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
