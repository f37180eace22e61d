import { escapeText } from './escape-text.ts';
import { colour, px } from './lines.ts';

/** Who got how much of one whole. */
export interface ShareBar {
  readonly name: string;
  readonly shares: readonly (readonly [string, number])[];
}

/** Bars of one length, each cut into the shares of its parts: even bars have cuts at even distances. */
export function shareBars(bars: readonly ShareBar[]): string {
  const [width, rowHeight, left] = [1000, 30, 250];
  const room = width - left;
  const rows = bars.map(({ name, shares }, row) => {
    const y = row * rowHeight + 4;
    const total = shares.reduce((sum, [, count]) => sum + count, 0);
    let x = left;
    const parts = shares.map(([part, count], index) => {
      const length = total === 0 ? 0 : (count / total) * room;
      const text = `${Math.round((count / (total || 1)) * 100)} %`;
      const label =
        length < 45
          ? ''
          : `<text x="${px(x + length / 2)}" y="${y + 15}" text-anchor="middle" class="on">${text}</text>`;
      const drawn = `<rect x="${px(x)}" y="${y}" width="${px(Math.max(0, length - 1.5))}" height="${rowHeight - 8}" fill="${colour(index)}"><title>${escapeText(`${part}: ${count} calls`)}</title></rect>${label}`;
      x += length;
      return drawn;
    });
    return `<text class="strong" x="${left - 10}" y="${y + 15}" text-anchor="end">${escapeText(name)}</text>${parts.join('')}`;
  });
  return `<svg viewBox="0 0 ${width} ${bars.length * rowHeight + 4}" role="img" aria-label="shares of ${escapeText(bars.map(({ name }) => name).join(', '))}">${rows.join('')}</svg>`;
}
