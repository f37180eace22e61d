import type { MeasuredChange, MeasuredRollout } from '../report.ts';
import { colour } from './lines.ts';
import { paragraph } from './page.ts';
import { failedSeries, stackedChart } from './stacked.ts';

type Row = Pick<MeasuredChange | MeasuredRollout, 'timeline' | 'added' | 'removed' | 'why'>;

/**
 * The pods of a row in the order in which they came.
 *
 * @param known - those of the row before it: they come first, so that a pod keeps its colour from plot to plot
 */
export function inOrder({ timeline, added }: Row, known: readonly string[] = []): string[] {
  const came = added.map(({ pod }) => pod);
  const answered = timeline.buckets.flatMap(({ answered }) => Object.keys(answered));
  return [...new Set([...known, ...answered.filter((pod) => !came.includes(pod)).sort(), ...came])];
}

/**
 * Calls by pod over time while pods come and go, with what was said of it.
 *
 * @param before - the row before it, where it is of the same pods: they keep their colours
 */
export function timelinePlot(title: string, row: Row, before?: Row): string {
  const { timeline, added, removed, why } = row;
  const buckets = coarse(timeline);
  const pods = inOrder(row, before && inOrder(before))
    .map((name, index) => ({ name, colour: colour(index) }))
    .filter(({ name }) => buckets.some(({ values }) => values[name] !== undefined));
  const events = [
    ...added.map(({ readyAtMs }) => ({ x: readyAtMs / 1000, name: 'ready' })),
    ...removed.map(({ terminatingAtMs }) => ({ x: terminatingAtMs / 1000, name: 'told to end' })),
  ];
  return `<h3>${title}</h3>${stackedChart({
    series: [...pods, ...failedSeries(timeline.buckets)],
    buckets,
    x: { title: 'seconds from when the change was asked for' },
    y: { title: `calls in ${coarseMs} ms` },
    events,
    height: 170,
  })}${paragraph(why)}`;
}

const coarseMs = 200;

/** A bucket of the report is as narrow as a rate of calls; two together show shares better than noise. */
function coarse({ bucketMs, buckets }: Row['timeline']) {
  const merged = new Map<number, Record<string, number>>();
  for (const { atMs, answered, failed } of buckets) {
    const from = Math.floor(atMs / coarseMs) * coarseMs;
    const values = merged.get(from) ?? {};
    merged.set(from, values);
    for (const [pod, calls] of Object.entries(answered)) values[pod] = (values[pod] ?? 0) + calls;
    if (failed > 0) values.failed = (values.failed ?? 0) + failed;
  }
  return [...merged]
    .sort(([a], [b]) => a - b)
    .map(([from, values]) => ({ from: from / 1000, to: (from + Math.max(bucketMs, coarseMs)) / 1000, values }));
}
