import type { Matrix } from './matrix.ts';

/**
 * What makes a matrix a failed one, a line each.
 *
 * @param requireAll - a client that is not installed counts as well
 */
export function failures({ cells, clients, nacks }: Matrix, requireAll: boolean): string[] {
  return [
    ...cells
      .filter(({ status }) => status === 'failed')
      .map(({ client, case: id, problems = [] }) => `${client}, ${id}: ${problems.join('; ')}`),
    ...clients
      .filter(({ skipped }) => requireAll && skipped !== undefined)
      .map(({ id, skipped }) => `${id} was skipped: ${skipped}`),
    ...(nacks === 0 ? [] : [`clients rejected ${nacks} responses`]),
  ];
}
