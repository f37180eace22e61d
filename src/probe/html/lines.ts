import { escapeText } from './escape-text.ts';
import { linear, logarithmic, type Scale, spanning, tickText } from './scale.ts';

export interface Line {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
  /** Default: that of its place in the list. */
  readonly colour?: string | undefined;
  readonly dashed?: boolean | undefined;
  /** Also a dot for each point. */
  readonly dots?: boolean | undefined;
}

/** An upright line with a name. */
export interface ChartEvent {
  readonly x: number;
  readonly name: string;
}

export interface LineChart {
  readonly lines: readonly Line[];
  readonly x: {
    readonly title: string;
    readonly log?: boolean;
    readonly format?: (value: number) => string;
    /** Default: of a logarithmic axis every value, of another round numbers. */
    readonly ticks?: readonly number[];
  };
  readonly y: { readonly title: string };
  /** Upright lines with a name. */
  readonly events?: readonly ChartEvent[] | undefined;
  readonly height?: number | undefined;
}

const colours = 10;
const rest = 'var(--rest)';

/** The colour of the n-th thing on a page; those that come after the last have one together. */
export function colour(index: number): string {
  return index < colours ? `var(--c${index})` : rest;
}

/** Lines over a common axis, with a legend below. */
export function lineChart({ lines, x, y, events = [], height = 240 }: LineChart): string {
  const [width, left, right, top, bottom] = [1000, 58, 36, 24, 40];
  const [innerWidth, innerHeight] = [width - left - right, height - top - bottom];
  const xs = [...lines.flatMap(({ points }) => points.map(([at]) => at)), ...events.map((event) => event.x)];
  if (lines.every(({ points }) => points.length === 0)) return '<p class="small">Nothing to plot.</p>';
  const scaleX: Scale =
    x.log === true ? logarithmic(xs, innerWidth) : spanning(Math.min(...xs), Math.max(...xs), innerWidth);
  const scaleY = linear(Math.max(0, ...lines.flatMap(({ points }) => points.map(([, value]) => value))), innerHeight);
  const toX = (value: number): string => px(left + scaleX(value));
  const toY = (value: number): string => px(top + innerHeight - scaleY(value));
  const format = x.format ?? tickText;
  const grid = scaleY.ticks.map(
    (tick) =>
      `<line class="grid" x1="${left}" x2="${width - right}" y1="${toY(tick)}" y2="${toY(tick)}"/><text x="${left - 8}" y="${toY(tick)}" dy="4" text-anchor="end">${tickText(tick)}</text>`,
  );
  const [least, most] = [Math.min(...xs), Math.max(...xs)];
  const ticks = x.ticks?.filter((tick) => tick >= least && tick <= most) ?? scaleX.ticks;
  const marks = ticks.map(
    (tick) =>
      `<text x="${toX(tick)}" y="${height - bottom + 18}" text-anchor="middle">${escapeText(format(tick))}</text>`,
  );
  const happened = eventLines(events, (value) => left + scaleX(value), { top, bottom: height - bottom, width });
  const drawn = lines.map(({ points, colour: own, dashed, dots }, index) => {
    const stroke = own ?? colour(index);
    const path = points.map(([at, value]) => `${toX(at)},${toY(value)}`).join(' ');
    const style = dashed === true ? ' stroke-dasharray="6 4"' : '';
    const circles =
      dots === true
        ? points.map(([at, value]) => `<circle cx="${toX(at)}" cy="${toY(value)}" r="4" fill="${stroke}"/>`)
        : [];
    return `<polyline points="${path}" fill="none" stroke="${stroke}" stroke-width="2" stroke-linejoin="round"${style}/>${circles.join('')}`;
  });
  const axes = `<text x="${width - right}" y="${height - 4}" text-anchor="end">${escapeText(x.title)}</text>`;
  const svg = `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeText(`${y.title} over ${x.title}`)}">${[...grid, ...marks, ...happened, ...drawn].join('')}${axes}</svg>`;
  return `<div class="small">${escapeText(y.title)}</div>${svg}${lines.length > 1 ? legend(lines) : ''}`;
}

/** Upright lines; a name that would run into the one before it is shown on hovering only. */
export function eventLines(
  events: readonly ChartEvent[],
  toX: (value: number) => number,
  { top, bottom, width }: { readonly top: number; readonly bottom: number; readonly width: number },
): string[] {
  let taken = 0;
  return events
    .toSorted((a, b) => a.x - b.x)
    .map(({ x, name }) => {
      const at = toX(x);
      const length = name.length * 6.5;
      const start = at + length > width ? at - length : at;
      const fits = start >= taken;
      if (fits) taken = start + length + 8;
      const text = `<text x="${px(start)}" y="${top - 8}">${escapeText(name)}</text>`;
      return `<line class="event" x1="${px(at)}" x2="${px(at)}" y1="${top - (fits ? 4 : 0)}" y2="${bottom}"><title>${escapeText(name)}</title></line>${fits ? text : ''}`;
    });
}

/** Names beside their colours; those without a colour of their own are counted. */
export function legend(lines: readonly { readonly name: string; readonly colour?: string | undefined }[]): string {
  const named = lines
    .map(({ name, colour: own }, index) => ({ name, fill: own ?? colour(index) }))
    .filter(({ fill }) => fill !== rest);
  const items = named.map(({ name, fill }) => `<span><i style="background:${fill}"></i>${escapeText(name)}</span>`);
  const more = lines.length - named.length;
  const others = more > 0 ? [`<span><i style="background:${rest}"></i>${more} more</span>`] : [];
  return `<div class="legend">${[...items, ...others].join('')}</div>`;
}

/** A length without digits that nobody sees. */
export function px(value: number): string {
  return String(Number(value.toFixed(1)));
}
