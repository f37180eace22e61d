import { type CaseReport, format } from './report.ts';

const colours: Record<string, string> = {
  null: '#9aa0a6',
  linear: '#4c78a8',
  snapshot: '#b279a2',
  evenkeel: '#e4572e',
};

interface Row {
  readonly label: string;
  readonly name: string;
  readonly value: number;
}

const width = 860;
const labelWidth = 110;
const barWidth = 600;
const rowHeight = 22;
const gap = 46;

/** One block of bars a case: milliseconds until the last client, or the lag's p99 of a burst. Shorter is better. */
export function chart(reports: readonly CaseReport[]): string {
  let y = 40;
  const parts: string[] = [];
  for (const report of reports) {
    const rows: Row[] = [
      ...report.summaries.map(({ name, lastMs }) => ({ name, label: name, value: lastMs })),
      ...report.bursts.map(({ name, lagP99Ms }) => ({ name, label: name, value: lagP99Ms })),
    ];
    const longest = Math.max(...rows.map(({ value }) => value));
    const measure = report.bursts.length > 0 ? 'lag p99, ms' : 'last client, ms';
    parts.push(text(10, y, `${report.name}: ${measure}`, 'font-weight="bold"'), text(10, y + 16, report.title));
    y += 26;
    for (const { name, label, value } of rows) {
      const length = Math.max(1, (value / longest) * barWidth);
      parts.push(
        text(10, y + 15, label),
        `<rect x="${labelWidth}" y="${y + 3}" width="${length.toFixed(1)}" height="${rowHeight - 6}" fill="${colours[name] ?? '#555'}"/>`,
        text(labelWidth + length + 6, y + 15, format(value)),
      );
      y += rowHeight;
    }
    y += gap - 10;
  }
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${y}" font-family="sans-serif" font-size="12">`,
    '<title>Fan-out of a change, by case and server</title>',
    '<rect width="100%" height="100%" fill="#fff"/>',
    ...parts,
    '</svg>',
    '',
  ].join('\n');
}

function text(x: number, y: number, content: string, attributes = ''): string {
  const escaped = content.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return `<text x="${x.toFixed(1)}" y="${y}" ${attributes}>${escaped}</text>`;
}
