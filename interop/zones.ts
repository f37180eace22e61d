// Measures how near the clients of five makers keep their calls, and how even pods are, where a Service prefers the caller's
// zone, and what is lost while a zone loses pod after pod; docs/steering.md has the tables.
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { readArguments } from '../scripts/arguments.mjs';
import { sum } from '../src/base/sum.ts';
import { type Counted, type MeasuredZones, measureZones } from './driver/measure-zones.ts';
import type { Counts } from './driver/tally.ts';
import { withMarked } from './marked-text.ts';

const usage = `Usage: node interop/zones.ts [options]
  --rate N          calls a second of all five clients together (default: 800)
  --seconds N       how long is counted, with all pods and when one zone is gone
                    (default: 60)
  --json            print what was measured as JSON
  --write           write the tables into docs/steering.md
Example:
  npm run zones-clients -- --write`;
const { values } = readArguments(usage, {
  rate: { type: 'number', default: 800 },
  seconds: { type: 'number', default: 60 },
  json: { type: 'boolean', default: false },
  write: { type: 'boolean', default: false },
});

const page = fileURLToPath(new URL('../docs/steering.md', import.meta.url));
const percent = (part: number): string => `${(100 * part).toFixed(1)} %`;

function totalOf(counts: Counts): number {
  return sum(Object.values(counts), (count) => count);
}

/** What the busiest of some pods gets, of the mean, if every call draws its pod by itself: in the middle of 101 tries. */
function byChance(pods: number, calls: number): number {
  const tries = Array.from({ length: 101 }, () => {
    const counts = new Uint32Array(pods);
    for (let call = 0; call < calls; call++) counts[Math.floor(Math.random() * pods)]! += 1;
    return (Math.max(...counts) * pods) / calls;
  });
  return tries.sort((a, b) => a - b)[50]!;
}

function summary({ calls, busiest, away, leastAway, pods, plan }: Counted): string[] {
  const chance = byChance(Object.keys(pods).length, calls);
  return [
    `${calls} calls`,
    ...[busiest.toFixed(3), chance.toFixed(3), plan.expected.busiest.toFixed(3)],
    ...[percent(away), percent(leastAway), percent(plan.expected.away!)],
  ];
}

function tables({ allPods, zoneLost, whileLosing, settleMs, settled }: MeasuredZones): string {
  const rows = (all: readonly (readonly string[])[]): string[] => all.map((row) => `| ${row.join(' | ')} |`);
  const clients = allPods.clients.map(({ id, version, zone, calls, away, hasTo, failures }, index) => {
    const later = zoneLost.clients[index]!;
    const during = whileLosing.find((one) => one.id === id)!;
    return [
      ...[version, zone, String(calls), `${percent(away)} of ${percent(hasTo)}`, String(totalOf(failures))],
      ...[`${totalOf(during.failures)} of ${during.calls}`, `${percent(later.away)} of ${percent(later.hasTo)}`],
      String(totalOf(later.failures)),
    ];
  });
  return [
    `${cpus().length} cores, Node ${process.version}, ${values.rate} calls a second for ${values.seconds} s each; the plan ${settled ? `rested after ${Math.round(settleMs / 1_000)} s` : 'had not come to rest'}:`,
    '',
    ...rows([
      ['', 'counted', 'busiest pod, of the mean', 'by chance alone', 'planned', 'leave', 'have to', 'planned'],
      Array.from({ length: 8 }, () => '---'),
      ['pods 5, 4, 2', ...summary(allPods)],
      ['pods 0, 4, 2', ...summary(zoneLost)],
    ]),
    '',
    ...rows([
      ['client', 'zone', 'calls', 'leave, of what has to', 'lost', 'lost while zone a goes', 'then leave', 'lost'],
      Array.from({ length: 8 }, () => '---'),
      ...clients,
    ]),
  ].join('\n');
}

/** The same on a terminal of 80 columns. */
function print({ allPods, zoneLost, whileLosing }: MeasuredZones): void {
  for (const [what, counted] of [
    ['pods 5, 4 and 2', allPods],
    ['zone a is gone', zoneLost],
  ] as const) {
    const [calls, busiest, chance, planned, away, least, expected] = summary(counted);
    console.log(`${what}: ${calls}`);
    console.log(`  busiest pod ${busiest} of the mean; planned ${planned}, chance alone gives ${chance}`);
    console.log(`  leave their zone: ${away}; have to: ${least}, planned ${expected}`);
    for (const { version, zone, away, hasTo, failures } of counted.clients) {
      const name = version.slice(0, 34).padEnd(35);
      console.log(
        `  ${name}${zone}  ${percent(away).padStart(7)} of ${percent(hasTo).padStart(7)}  lost ${totalOf(failures)}`,
      );
    }
  }
  console.log('while zone a lost its pods:');
  for (const { id, calls, failures } of whileLosing) {
    console.log(`  ${id.padEnd(11)} lost ${totalOf(failures)} of ${calls}`);
    for (const [why, count] of Object.entries(failures)) console.log(`    ${count} × ${why}`.slice(0, 80));
  }
}

const measured = await measureZones(values.rate, values.seconds, (step) => console.error(step));
if (values.json) console.log(JSON.stringify(measured, undefined, 2));
else print(measured);
if (values.write) writeFileSync(page, withMarked(readFileSync(page, 'utf8'), 'zones-clients', tables(measured)));
