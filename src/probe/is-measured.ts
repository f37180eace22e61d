/** Whether a row of a report has figures. */
export function isMeasured<Row extends { readonly status: string }>(
  row: Row,
): row is Extract<Row, { readonly status: 'ok' }> {
  return row.status === 'ok';
}
