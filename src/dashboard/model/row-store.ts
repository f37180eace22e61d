import type { FeedEvent, HeadRow, Row } from '../../feed/rows.ts';

export type RowOf<Kind extends Row['kind']> = Extract<Row, { readonly kind: Kind }>;

/** The rows that a page has been sent, up to date. */
export interface RowStore {
  /** ISO 8601; empty before the first event. */
  readonly asOf: string;
  readonly rows: ReadonlyMap<string, Row>;
}

export const emptyStore: RowStore = { asOf: '', rows: new Map() };

/**
 * The rows after an event. Pure.
 *
 * @param isFirst - whether it is the first of a stream, which has all rows
 */
export function withEvent(before: RowStore, { asOf, rows, gone }: FeedEvent, isFirst: boolean): RowStore {
  if (!isFirst && rows.length === 0 && gone.length === 0) return { ...before, asOf };
  const after = new Map(isFirst ? [] : before.rows);
  for (const row of rows) after.set(row.key, row);
  for (const key of gone) after.delete(key);
  return { asOf, rows: after };
}

/** All rows of a kind, in the order in which they came. */
export function rowsOf<Kind extends Row['kind']>({ rows }: RowStore, kind: Kind): RowOf<Kind>[] {
  return [...rows.values()].filter((row): row is RowOf<Kind> => row.kind === kind);
}

export function headOf({ rows }: RowStore): HeadRow | undefined {
  const head = rows.get('head');
  return head?.kind === 'head' ? head : undefined;
}
