import { readArguments, wrongArguments } from '../../scripts/arguments.mjs';
import type { PlanInput, PlanPolicy } from '../../src/plan/plan-input.ts';
import { planService } from '../../src/plan/plan-service.ts';

const usage = `Usage: node bench/plan/run.ts [options]
Plans 1,000 clients of 1,000 pods in three zones, by zone, in subsets and by
work: fastest and median in milliseconds of processor time. Ends with 1 where
a median is 5 ms or more.
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

const pods = inZones([450, 350, 200], (zone, index) => ({ key: `${zone}-${index}:50051`, zone }));
const clients = inZones([600, 300, 100], (zone, index) => ({ id: `${zone}-client-${index}`, zone }));
/** What each pod was heard of, by a time: every fifth is slow, and no two cost quite the same. */
const workBy = (seconds: number) =>
  pods.map(({ key }, index) => {
    const ended = 100 * seconds;
    const costMs = 20 + (index % 5 === 0 ? 20 : 0) + (index % 13) / 10;
    return { key, ended, inFlightMs: ended * costMs, seen: 20 * seconds };
  });
const at = (seconds: number) => ({ nowMs: seconds * 1_000, work: workBy(seconds) });

const policies: Readonly<Record<string, PlanPolicy>> = {
  zones: { prefer: 'zone' },
  subset: { subset: 20 },
  work: { balance: 'work' },
  'zones, work': { prefer: 'zone', balance: 'work' },
};

/** The plans of a policy that are timed, with what the ones before left: shares of work are on their way by then. */
function casesOf(policy: PlanPolicy): Readonly<Record<string, PlanInput>> {
  const first: PlanInput = { policy, pods, clients, ...at(10) };
  let { state } = planService(first);
  for (const seconds of [20, 30, 40]) state = planService({ ...first, ...at(seconds), state }).state;
  const next = { ...first, ...at(50), state };
  return {
    first,
    same: next,
    'pod gone': { ...next, pods: pods.slice(1) },
    'pod came': { ...next, pods: [...pods, { key: 'zone-a-new:50051', zone: 'zone-a' }] },
  };
}

function timesOf(input: PlanInput): { readonly fastest: number; readonly median: number } {
  for (let round = 0; round < 50; round++) planService(input);
  const times = Array.from({ length: rounds }, () => {
    const before = process.cpuUsage();
    planService(input);
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1_000;
  }).sort((a, b) => a - b);
  return { fastest: times[0]!, median: times[Math.floor(rounds / 2)]! };
}

let slow = false;
for (const [name, policy] of Object.entries(policies)) {
  for (const [event, input] of Object.entries(casesOf(policy))) {
    const { fastest, median } = timesOf(input);
    slow ||= median >= mostMs;
    console.log(`${name.padEnd(12)} ${event.padEnd(9)} ${fastest.toFixed(2).padStart(6)} / ${median.toFixed(2)} ms`);
  }
}
if (slow) process.exitCode = 1;
