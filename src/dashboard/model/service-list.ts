import type { ServiceRow } from '../../feed/rows.ts';
import { knownCalls } from '../../load/known-calls.ts';

/** How much a row wants to be looked at. */
export type Tone = 'bad' | 'warn' | 'good' | 'idle';

const serviceOrders = ['state', 'name', 'calls', 'failed', 'pods'] as const;

export type ServiceOrder = (typeof serviceOrders)[number];

const tones: readonly Tone[] = ['bad', 'warn', 'good', 'idle'];

/** How a Service port is. Pure. */
export function toneOf({ load, problems, published, known }: ServiceRow): Tone {
  if (load !== null && (load.offCount > 0 || load.verdict === 'partial' || load.verdict === 'pinned')) return 'bad';
  if (published === 0 && known > 0) return 'bad';
  if (load?.verdict === 'skewed' || problems.length > 0 || isFailing(load)) return 'warn';
  return load?.verdict === 'balanced' ? 'good' : 'idle';
}

/** How it is, in a word or two: its verdict, unless something else is worse. */
export function stateOf(row: ServiceRow): string {
  const { load, published, known, problems } = row;
  if (published === 0) return known === 0 ? 'no endpoints' : 'none ready';
  if (load === null) return problems.length > 0 ? 'problem' : 'no reports';
  const isEven = load.verdict === 'balanced' || load.verdict === 'inconclusive';
  if (isEven && load.offCount > 0) return load.offCount === 1 ? '1 pod stands out' : `${load.offCount} pods stand out`;
  return isEven && isFailing(load) ? 'failing' : load.verdict;
}

/** More than one call in a hundred. */
function isFailing(load: ServiceRow['load']): boolean {
  return load !== null && load.failed > 0 && load.failed >= load.calls / 100;
}

/** `NAMESPACE/NAME:PORT` */
export function nameOf({ namespace, name, port }: Pick<ServiceRow, 'namespace' | 'name' | 'port'>): string {
  return `${namespace}/${name}:${port}`;
}

/** Services with a text in their name, in an order; what is alike stays in the order of names. Pure. */
export function listServices(rows: readonly ServiceRow[], filter: string, order: ServiceOrder): ServiceRow[] {
  const wanted = filter.trim().toLowerCase();
  const figure: Readonly<Record<ServiceOrder, (row: ServiceRow) => number>> = {
    state: (row) => tones.indexOf(toneOf(row)),
    name: () => 0,
    calls: ({ load }) => -(load?.calls ?? -1),
    failed: ({ load }) => -(load === null ? -1 : load.failed / Math.max(1, knownCalls(load))),
    pods: ({ published }) => -published,
  };
  return rows
    .filter((row) => nameOf(row).toLowerCase().includes(wanted) || row.portName.toLowerCase().includes(wanted))
    .map((row) => ({ row, name: nameOf(row), by: figure[order](row) }))
    .sort((a, b) => a.by - b.by || (a.name < b.name ? -1 : 1))
    .map(({ row }) => row);
}

/** What all Services come to. */
export interface ServiceSummary {
  readonly services: number;
  readonly tones: Readonly<Record<Tone, number>>;
  readonly off: number;
  readonly pods: number;
  readonly calls: number;
  readonly failed: number;
}

export function summaryOf(rows: readonly ServiceRow[]): ServiceSummary {
  const tones: Record<Tone, number> = { bad: 0, warn: 0, good: 0, idle: 0 };
  const sums = { off: 0, pods: 0, calls: 0, failed: 0 };
  for (const row of rows) {
    tones[toneOf(row)] += 1;
    sums.pods += row.published;
    sums.off += row.load?.offCount ?? 0;
    sums.calls += row.load?.calls ?? 0;
    sums.failed += row.load?.failed ?? 0;
  }
  return { services: rows.length, tones, ...sums };
}
