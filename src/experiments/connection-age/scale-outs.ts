import { escapeText } from '../../probe/html/escape-text.ts';
import { paragraph } from '../../probe/html/page.ts';
import { failedSeries, stackedChart } from '../../probe/html/stacked.ts';
import { formatMs } from '../../probe/measure/duration.ts';
import { nameOf } from './print.ts';
import type { AgeRow, ConnectionAgeReport } from './report.ts';

/** Calls by pod over time, one plot an age: how the new pods' part grows, and when they were ready. */
export function scaleOuts({ rows, conditions }: ConnectionAgeReport): string {
  return rows.map((row) => plot(row, conditions.podsBefore)).join('');
}

function plot(row: AgeRow, podsBefore: number): string {
  const { readyAtMs, bucketMs, buckets } = row.scaleOut;
  const pods = inOrderOfComing(buckets.map(({ answered }) => answered));
  // Names of pods differ from age to age and say nothing here.
  const names = new Map(
    pods.map((pod, index) => [pod, index < podsBefore ? `old pod ${index + 1}` : `new pod ${index - podsBefore + 1}`]),
  );
  const chart = stackedChart({
    series: [...[...names.values()].map((name) => ({ name })), ...failedSeries(buckets)],
    // The last is cut off by the end of the run.
    buckets: buckets.slice(0, -1).map(({ atMs, answered, failed }) => ({
      from: atMs / 1000,
      to: (atMs + bucketMs) / 1000,
      values: {
        ...Object.fromEntries(Object.entries(answered).map(([pod, calls]) => [names.get(pod), calls])),
        ...(failed > 0 ? { failed } : {}),
      },
    })),
    x: { title: 'seconds from when the scale-out was asked for' },
    y: { title: `calls in ${formatMs(bucketMs)}` },
    events: readyAtMs.map((at) => ({ x: at / 1000, name: 'a pod is ready' })),
    height: 150,
  });
  return `<h3>${escapeText(nameOf(row))}</h3>${chart}${paragraph(followed(row))}`;
}

function followed({ worstConvergedMs, scale, client, convergedMs }: AgeRow): string {
  if (worstConvergedMs === null) {
    const found = convergedMs.filter((one) => one !== null).length;
    return `${found} of ${convergedMs.length} clients found the new pods while they were watched.`;
  }
  const slowest = Math.round(Math.max(...convergedMs.map((one) => one ?? 0)));
  return client === 'xds' || scale === 1
    ? `Every client had an answer from each new pod within ${formatMs(slowest)} of its readiness.`
    : `Every client had an answer from each new pod within ${formatMs(slowest)} of its readiness, which is ${formatMs(worstConvergedMs)} in a cluster (× ${scale}).`;
}

/** Pods in the order in which they first answered: those that were there before come first, and colours stay with them. */
function inOrderOfComing(buckets: readonly Readonly<Record<string, number>>[]): string[] {
  const seen = new Map<string, number>();
  for (const [index, answered] of buckets.entries()) {
    for (const pod of Object.keys(answered)) if (!seen.has(pod)) seen.set(pod, index);
  }
  return [...seen].sort(([a, first], [b, second]) => first - second || (a < b ? -1 : 1)).map(([pod]) => pod);
}
