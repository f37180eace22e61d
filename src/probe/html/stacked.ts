import { escapeText } from './escape-text.ts';
import { type ChartEvent, colour, eventLines, legend, px } from './lines.ts';
import { linear, spanning, tickText } from './scale.ts';

/** What happened in one stretch of time, by name. */
export interface Bucket {
  readonly from: number;
  readonly to: number;
  readonly values: Readonly<Record<string, number>>;
}

export interface Series {
  readonly name: string;
  /** Default: that of its place in the list. */
  readonly colour?: string | undefined;
}

export interface StackedChart {
  /** Bottom to top. */
  readonly series: readonly Series[];
  readonly buckets: readonly Bucket[];
  readonly x: { readonly title: string };
  readonly y: { readonly title: string };
  readonly events?: readonly ChartEvent[] | undefined;
  readonly height?: number | undefined;
}

/** The series of calls that failed, to be drawn on top of the others; none where no call did. */
export function failedSeries(buckets: readonly { readonly failed: number }[]): Series[] {
  return buckets.some(({ failed }) => failed > 0) ? [{ name: 'failed', colour: 'var(--bad)' }] : [];
}

/** Columns without gaps, one series on top of the other: how a whole is shared, and how that changes. */
export function stackedChart({ series, buckets, x, y, events = [], height = 240 }: StackedChart): string {
  const [width, left, right, top, bottom] = [1000, 58, 36, 24, 40];
  const [innerWidth, innerHeight] = [width - left - right, height - top - bottom];
  if (buckets.length === 0) return '<p class="small">Nothing to plot.</p>';
  const scaleX = spanning(buckets[0]!.from, buckets.at(-1)!.to, innerWidth);
  const sums = buckets.map(({ values }) => series.reduce((sum, { name }) => sum + (values[name] ?? 0), 0));
  const scaleY = linear(Math.max(...sums), innerHeight);
  const toX = (value: number): number => left + scaleX(value);
  const toY = (value: number): number => top + innerHeight - scaleY(value);
  const grid = scaleY.ticks.map(
    (tick) =>
      `<line class="grid" x1="${left}" x2="${width - right}" y1="${px(toY(tick))}" y2="${px(toY(tick))}"/><text x="${left - 8}" y="${px(toY(tick))}" dy="4" text-anchor="end">${tickText(tick)}</text>`,
  );
  const marks = scaleX.ticks.map(
    (tick) => `<text x="${px(toX(tick))}" y="${height - bottom + 18}" text-anchor="middle">${tickText(tick)}</text>`,
  );
  const base = buckets.map(() => 0);
  const areas = series.map(({ name, colour: own }, index) => {
    const upper: string[] = [];
    const lower: string[] = [];
    for (const [at, { from, to, values }] of buckets.entries()) {
      const low = base[at]!;
      const high = low + (values[name] ?? 0);
      base[at] = high;
      upper.push(`${px(toX(from))},${px(toY(high))}`, `${px(toX(to))},${px(toY(high))}`);
      lower.push(`${px(toX(from))},${px(toY(low))}`, `${px(toX(to))},${px(toY(low))}`);
    }
    return `<polygon points="${[...upper, ...lower.reverse()].join(' ')}" fill="${own ?? colour(index)}"><title>${escapeText(name)}</title></polygon>`;
  });
  const drawn = [...grid, ...areas, ...marks, ...eventLines(events, toX, { top, bottom: height - bottom, width })];
  const axes = `<text x="${width - right}" y="${height - 4}" text-anchor="end">${escapeText(x.title)}</text>`;
  const svg = `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeText(`${y.title} over ${x.title}`)}">${drawn.join('')}${axes}</svg>`;
  return `<div class="small">${escapeText(y.title)}</div>${svg}${legend(series)}`;
}
