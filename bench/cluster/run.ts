// From a pod's readiness to the first answer that an xds:/// client gets from it, over many scale events on the cluster
// of the current kubeconfig: `node bench/cluster/run.ts [--events 100] [--image evenkeel:dev] [--out FILE]`.
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { reportSchema } from '../../src/probe/index.ts';
import { quantile } from '../../src/probe/verdict/quantile.ts';

const from = 3;
const to = 13;

const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '100' },
    image: { type: 'string', default: 'evenkeel:dev' },
    out: { type: 'string' },
  },
});
const wanted = Number(values.events);
const program = join(resolve(import.meta.dirname, '..', '..'), 'src/cli/main.ts');
const args = [
  ...['prove', '--json', '--schemes', 'xds', '--image', values.image, '--calls', '100'],
  // So many calls a second that waiting for a turn is a small part of the figure.
  ...['--replicas', String(from), '--scale-to', String(to), '--scale-rate', '400', '--deadline', '10000'],
];

const delaysMs: number[] = [];
let failed = 0;
let versions: Record<string, string> = {};
while (delaysMs.length < wanted) {
  const { stdout } = await promisify(execFile)(process.execPath, [program, ...args], { maxBuffer: 2 ** 28 });
  const report = reportSchema.parse(JSON.parse(stdout));
  versions = report.conditions.versions;
  const [row] = report.scaleOut;
  if (row?.status !== 'ok') throw new Error(`the scale-out was not measured: ${JSON.stringify(row)}`);
  failed += row.failed;
  for (const { pod, readyAtMs, firstAnswerAtMs } of row.added) {
    if (firstAnswerAtMs === null) throw new Error(`${pod} never answered`);
    delaysMs.push(Math.max(0, firstAnswerAtMs - readyAtMs));
  }
  console.error(`${delaysMs.length} of ${wanted} events`);
}

const sorted = delaysMs.toSorted((a, b) => a - b);
const at = (share: number): number => Math.round(quantile(sorted, share)!);
const result = {
  events: sorted.length,
  p50Ms: at(0.5),
  p90Ms: at(0.9),
  p99Ms: at(0.99),
  maxMs: at(1),
  failed,
  versions,
};
console.log(JSON.stringify(result, null, 2));
if (values.out !== undefined) await writeFile(values.out, `${JSON.stringify({ ...result, delaysMs }, null, 2)}\n`);
