import { escapeText } from './escape-text.ts';
import { colour, px } from './lines.ts';

export interface Bar {
  readonly label: string;
  readonly value: number;
  /** Stands beside the bar. */
  readonly text: string;
}

/**
 * Bars lying on their side, one below the other, each in the colour of its place in the list.
 *
 * @param even - a line is drawn there: what each would have if all had the same
 */
export function barChart(bars: readonly Bar[], even?: number): string {
  const [width, rowHeight, left, right] = [1000, 24, 210, 150];
  const room = width - left - right;
  const largest = Math.max(1e-9, even ?? 0, ...bars.map(({ value }) => value));
  const height = bars.length * rowHeight + 22;
  const rows = bars.map(({ label, value, text }, index) => {
    const y = index * rowHeight + 4;
    const short = label.length > 30 ? `${label.slice(0, 13)}…${label.slice(-16)}` : label;
    return `<text class="strong" x="${left - 10}" y="${y + 13}" text-anchor="end">${escapeText(short)}<title>${escapeText(label)}</title></text><rect x="${left}" y="${y}" width="${px((value / largest) * room)}" height="${rowHeight - 7}" rx="2" fill="${colour(index)}"/><text x="${px(left + (value / largest) * room + 8)}" y="${y + 13}">${escapeText(text)}</text>`;
  });
  const line =
    even === undefined
      ? ''
      : `<line class="event" x1="${px(left + (even / largest) * room)}" x2="${px(left + (even / largest) * room)}" y1="0" y2="${height - 18}"/><text x="${px(left + (even / largest) * room)}" y="${height - 4}" text-anchor="middle">even share</text>`;
  return `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeText(bars.map(({ label, text }) => `${label}: ${text}`).join(', '))}">${rows.join('')}${line}</svg>`;
}
