import { sum } from '../../src/base/sum.ts';
import { byService, differenceOf, type MeasuredReports, probe, spreadOf } from '../driver/measure-reports.ts';
import { withMarked } from '../marked-text.ts';

/** What the oldest clients came to. */
export interface OldestResult {
  readonly schemaVersion: 1;
  readonly at: string;
  /** Calls that failed before every pod was connected; counts may differ by as many. */
  readonly lost: number;
  readonly clients: readonly OldestClient[];
}

export interface OldestClient {
  readonly version: string;
  /** Calls that it made, over three Services. */
  readonly calls: number;
  /** The most and the fewest calls of a pod of a Service, apart. */
  readonly spread: number;
  /** Calls by which its reports differ from what the backends counted, and from its own count, by Service. */
  readonly differsFromBackends: number;
  readonly differsFromOwn: number;
}

export function resultOf({ clients, lost }: MeasuredReports, at: Date): OldestResult {
  const oldest = [...clients].flatMap(([id, client]) => (id === probe ? [] : [client]));
  return {
    schemaVersion: 1,
    at: at.toISOString(),
    lost,
    clients: oldest.map((client) => ({
      version: client.version,
      calls: sum(Object.values(client.counted), (calls) => calls),
      spread: spreadOf(client),
      differsFromBackends: differenceOf(client.reported, byService(client.counted)),
      differsFromOwn: differenceOf(client.reported, byService(client.own)),
    })),
  };
}

/** 0 where all are exactly even and reported what was counted. */
export function exitCodeOf({ clients, lost }: OldestResult): number {
  const isExact = (client: OldestClient): boolean =>
    client.spread <= 1 && client.differsFromBackends <= lost && client.differsFromOwn <= lost;
  return clients.length > 0 && clients.every(isExact) ? 0 : 1;
}

/** The page with the result in its place. */
export function withTable(page: string, { at, clients }: OldestResult): string {
  const rows = clients.map(
    ({ version, calls, spread, differsFromBackends, differsFromOwn }) =>
      `| ${version} | ${calls} | ${spread} | ${differsFromBackends} | ${differsFromOwn} |`,
  );
  const table = [
    `| ${at.slice(0, 10)} | calls | most and fewest of a pod, apart | reports differ from backends' count | from its own |`,
    '| --- | ---: | ---: | ---: | ---: |',
    ...rows,
  ];
  return withMarked(page, 'oldest', table.join('\n'));
}
