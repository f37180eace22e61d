import { type Cell, type Column, type Paint, table } from '../probe/print/layout.ts';

/** A column of a table of rows, and what a row has there. */
export type RowColumn<Row> = readonly [title: string, text: (row: Row) => string];

/** Lines of a table of rows; lost calls are red. @param names - so many columns, the first ones, are names */
export function rowTable<Row extends { readonly failed: number }>(
  columns: readonly RowColumn<Row>[],
  rows: readonly Row[],
  names: number,
  paint: Paint,
): string[] {
  const titles = columns.map(([title], index): Column => ({ title, align: index < names ? 'left' : 'right' }));
  const cells = (row: Row): Cell[] =>
    columns.map(([title, text]) => ({
      text: text(row),
      format: title === 'failed' && row.failed > 0 ? 'red' : undefined,
    }));
  return table(titles, rows.map(cells), paint);
}

/** 3 where something could not be measured. */
export function exitCodeOf(report: {
  readonly interrupted: boolean;
  readonly rows: readonly { readonly status: string }[];
}): 0 | 3 {
  return report.interrupted || report.rows.some(({ status }) => status === 'error') ? 3 : 0;
}
