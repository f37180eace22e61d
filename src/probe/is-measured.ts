/** The rows that have figures. */
export type Measured<Row extends { readonly status: string }> = Extract<Row, { readonly status: 'ok' }>;

/** Whether a row of a report has figures. */
export function isMeasured<Row extends { readonly status: string }>(row: Row): row is Measured<Row> {
  return row.status === 'ok';
}
