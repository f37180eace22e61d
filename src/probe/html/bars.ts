import { escapeText } from './escape-text.ts';
import { colour, px } from './lines.ts';

export interface Bar {
  readonly label: string;
  readonly value: number;
  /** Stands beside the bar. */
  readonly text: string;
}

/**
 * Bars lying on their side, one below the other, each in the colour of its place in the list. Labels are whole, however
 * long they are and however narrow the page is.
 *
 * @param even - a line is drawn there: what each would have if all had the same
 */
export function barChart(bars: readonly Bar[], even?: number): string {
  const largest = Math.max(1e-9, even ?? 0, ...bars.map(({ value }) => value));
  const percent = (value: number): string => `${px((100 * value) / largest)}%`;
  const mark = even === undefined ? '' : `<i class="even" style="left:${percent(even)}" title="even share"></i>`;
  const rows = bars.map(
    ({ label, value, text }, index) =>
      `<div class="name">${escapeText(label)}</div><div class="track"><i style="width:${percent(value)};background:${colour(index)}"></i>${mark}</div><div class="value">${escapeText(text)}</div>`,
  );
  const note = even === undefined ? '' : '<p class="small">The dashed line is the even share.</p>';
  return `<div class="bars">${rows.join('')}</div>${note}`;
}
