import { styleText } from 'node:util';

type Format = Parameters<typeof styleText>[0];

/** No line that is printed is longer. */
export const lineWidth = 100;

/** Colours text, or leaves it as it is. */
export type Paint = (format: Format, text: string) => string;

export function painter(colour: boolean): Paint {
  return colour ? (format, text) => styleText(format, text, { validateStream: false }) : (_format, text) => text;
}

/** A cell as it is printed: padding goes by `text`, colour does not count. */
export interface Cell {
  readonly text: string;
  readonly format?: Format | undefined;
}

export interface Column {
  readonly title: string;
  readonly align: 'left' | 'right';
}

/** Lines of a table: titles, then rows, columns as wide as their widest cell, two spaces between. */
export function table(columns: readonly Column[], rows: readonly (readonly Cell[])[], paint: Paint): string[] {
  const widths = columns.map(({ title }, index) =>
    Math.max(title.length, ...rows.map((row) => row[index]?.text.length ?? 0)),
  );
  const line = (cells: readonly Cell[]): string =>
    cells
      .map(({ text, format }, index) => {
        const space = ' '.repeat(widths[index]! - text.length);
        const painted = format === undefined ? text : paint(format, text);
        return columns[index]!.align === 'left' ? painted + space : space + painted;
      })
      .join('  ')
      .trimEnd();
  return [line(columns.map(({ title }) => ({ text: title, format: 'dim' }))), ...rows.map(line)];
}

/** Breaks text at spaces into lines of at most {@link lineWidth}; lines after the first are indented by `indent`. */
export function wrap(text: string, indent = 0, width = lineWidth): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    const room = lines.length === 0 ? width : width - indent;
    if (longer.length <= room || line === '') line = longer;
    else {
      lines.push(line);
      line = word;
    }
  }
  lines.push(line);
  return lines.map((part, index) => (index === 0 ? part : ' '.repeat(indent) + part));
}

const bars = '▁▂▃▄▅▆▇█';

/** One character a value, its height in proportion to the largest; a zero is a dot. */
export function sparkline(values: readonly number[]): string {
  const largest = Math.max(...values);
  return values
    .map((value) => (value === 0 ? '·' : bars[Math.max(0, Math.ceil((value / largest) * bars.length) - 1)]!))
    .join('');
}

/** A heading and labelled text below it, wrapped to the line width. */
export function details(
  heading: string,
  entries: readonly (readonly [label: string, text: string])[],
  paint: Paint,
): string[] {
  const indent = 7;
  const lines = entries.flatMap(([label, text]) =>
    wrap(text, 0, lineWidth - indent).map((line, index) => {
      const start = index === 0 ? `  ${label}` : '';
      return paint('dim', start.padEnd(indent)) + line;
    }),
  );
  return [heading, ...lines];
}
