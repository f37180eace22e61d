import { styleText } from 'node:util';
import { chop, displayWidth, printable, shorten } from '../../base/printable.ts';

type Format = Parameters<typeof styleText>[0];

/** No line that is printed takes more columns. */
export const lineWidth = 80;
/** A column that may be shortened keeps so much of itself. */
const narrowest = 14;
const gap = 2;

/** Colours text, or leaves it as it is. */
export type Paint = (format: Format, text: string) => string;

export function painter(colour: boolean): Paint {
  return colour ? (format, text) => styleText(format, text, { validateStream: false }) : (_format, text) => text;
}

/** A cell: any text; what is harmful in it is written out, colour does not count for its width. */
export interface Cell {
  readonly text: string;
  readonly format?: Format | undefined;
}

export interface Column {
  readonly title: string;
  readonly align: 'left' | 'right';
  /** Cells are never shortened: somebody may have to type them. Default: text on the left may be, in its middle. */
  readonly whole?: boolean | undefined;
}

/**
 * Lines of a table: titles, then rows, columns as wide as their widest cell, two spaces between. Where that does not fit,
 * names are shortened; where that is not enough, the columns stand in several tables, each with the first column.
 */
export function table(columns: readonly Column[], rows: readonly (readonly Cell[])[], paint: Paint): string[] {
  const clean = rows.map((row) => row.map((cell) => ({ ...cell, text: printable(cell.text) })));
  const natural = columns.map(({ title }, index) =>
    Math.min(lineWidth, Math.max(displayWidth(title), ...clean.map((row) => displayWidth(row[index]?.text ?? '')))),
  );
  return groupsOf(columns, natural).flatMap((group, index) => [
    ...(index === 0 ? [] : ['']),
    ...tableOf(
      group.map(({ column }) => columns[column]!),
      clean.map((row) => group.map(({ column }) => row[column] ?? { text: '' })),
      group.map(({ width }) => width),
      paint,
    ),
  ]);
}

interface Placed {
  readonly column: number;
  readonly width: number;
}

/** Which columns stand in one table, and how wide each is. */
function groupsOf(columns: readonly Column[], natural: readonly number[]): Placed[][] {
  const all = natural.map((width, column) => ({ column, width }));
  const groups: Placed[][] = [];
  let group: Placed[] = [];
  for (const placed of all) {
    const longer = squeeze(columns, [...group, placed]);
    if (group.length > 1 && totalOf(longer) > lineWidth) {
      groups.push(squeeze(columns, group));
      group = [all[0]!, placed];
    } else group = [...group, placed];
  }
  return [...groups, squeeze(columns, group)];
}

/** Takes from the widest of the columns that may be shortened, until the line fits; of two columns that have to be, from any. */
function squeeze(columns: readonly Column[], group: readonly Placed[]): Placed[] {
  const placed = [...group];
  const last = ({ column }: Placed): number => {
    const { align, whole } = columns[column]!;
    return group.length > 2 && (align === 'right' || whole === true) ? Number.POSITIVE_INFINITY : narrowest;
  };
  for (let over = totalOf(placed) - lineWidth; over > 0; ) {
    const able = placed.filter((one) => one.width > last(one)).sort((a, b) => b.width - a.width);
    const [widest, next] = able;
    if (widest === undefined) break;
    const least = Math.max(last(widest), Math.min(next?.width ?? 0, widest.width - 1));
    const taken = Math.min(over, widest.width - least);
    placed[placed.indexOf(widest)] = { ...widest, width: widest.width - taken };
    over -= taken;
  }
  return placed;
}

function totalOf(group: readonly Placed[]): number {
  return group.reduce((sum, { width }) => sum + width, 0) + gap * (group.length - 1);
}

function tableOf(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  widths: readonly number[],
  paint: Paint,
): string[] {
  const line = (cells: readonly Cell[]): string =>
    cells
      .map(({ text, format }, index) => {
        const short = shorten(text, widths[index]!);
        const space = ' '.repeat(widths[index]! - displayWidth(short));
        const painted = format === undefined ? short : paint(format, short);
        if (columns[index]!.align === 'right') return space + painted;
        return index === cells.length - 1 ? painted : painted + space;
      })
      .join(' '.repeat(gap))
      .trimEnd();
  return [line(columns.map(({ title }) => ({ text: title, format: 'dim' }))), ...rows.map(line)];
}

/**
 * Breaks text at spaces into lines of at most `width` columns; a word that fits no line is cut. Lines after the first are
 * indented by `indent`. What is harmful in the text is written out.
 */
export function wrap(text: string, indent = 0, width = lineWidth): string[] {
  const lines: string[] = [];
  let line = '';
  const room = (): number => (lines.length === 0 ? width : width - indent);
  const full = (): void => {
    lines.push(line);
    line = '';
  };
  for (const word of printable(text, mostWrapped).split(' ')) {
    if (line !== '' && displayWidth(line) + 1 + displayWidth(word) > room()) full();
    if (displayWidth(word) <= room()) {
      line = line === '' ? word : `${line} ${word}`;
      continue;
    }
    for (const piece of chop(word, width - indent)) {
      if (line !== '') full();
      line = piece;
    }
  }
  lines.push(line);
  return lines.map((part, index) => (index === 0 ? part : ' '.repeat(indent) + part));
}

/** Characters of one paragraph: the conclusion of a run of many rows is longer than what anybody else says. */
const mostWrapped = 5000;

/** A title and what goes with it, on one line where both fit. */
export function heading(title: string, about: string, paint: Paint, format: Format = 'bold'): string[] {
  const [bold, dim] = [printable(title), printable(about)];
  if (displayWidth(bold) + gap + displayWidth(dim) <= lineWidth) {
    return [paint(format, bold) + (dim === '' ? '' : ' '.repeat(gap) + paint('dim', dim))];
  }
  return [...wrap(title).map((line) => paint(format, line)), ...wrap(about).map((line) => paint('dim', line))];
}

const bars = '▁▂▃▄▅▆▇█';

/** One character a value, its height in proportion to the largest; a zero is a dot. */
export function sparkline(values: readonly number[]): string {
  const largest = Math.max(...values);
  return values
    .map((value) => (value === 0 ? '·' : bars[Math.max(0, Math.ceil((value / largest) * bars.length) - 1)]!))
    .join('');
}

/** Lines of a heading, and labelled text below it, wrapped to the line width. */
export function details(
  heading: readonly string[],
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
  return [...heading, ...lines];
}
