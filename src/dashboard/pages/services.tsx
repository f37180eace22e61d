import { useState } from 'preact/hooks';
import type { HeadRow, ServiceRow, TrendRow } from '../../feed/rows.ts';
import { knownCalls } from '../../load/known-calls.ts';
import { count, none, percent, rate, whole } from '../model/figures.ts';
import { hashOf } from '../model/route.ts';
import { type RowStore, rowsOf } from '../model/row-store.ts';
import { listServices, nameOf, type ServiceOrder, summaryOf } from '../model/service-list.ts';
import { FailedCell } from '../parts/failed-cell.tsx';
import { Empty, Figure, Filter, SortHeading, usePage } from '../parts/list.tsx';
import { ReportsOff } from '../parts/reports-off.tsx';
import { ServiceBadge } from '../parts/service-badge.tsx';
import { Spark } from '../parts/spark.tsx';

/** Every Service port: how even it is, how much it is called, and which pods stand out. */
export function ServicesPage({ store, head }: { store: RowStore; head: HeadRow }) {
  const [filter, setFilter] = useState('');
  const [order, setOrder] = useState<ServiceOrder>('state');
  const all = rowsOf(store, 'service');
  const windowMs = head.windowMs;
  const [page, pager] = usePage(listServices(all, filter, order));
  const trends = new Map(rowsOf(store, 'trend').map((trend) => [trend.of, trend]));
  const sums = summaryOf(all);
  const isHeard = head.reports;
  const sort = { current: order, onOrder: setOrder };
  return (
    <>
      <h1>Services</h1>
      {!isHeard && <ReportsOff />}
      <dl class="figures">
        <Figure label="Services" value={whole(sums.services)} />
        <Figure label="Endpoints" value={whole(sums.pods)} />
        {isHeard && (
          <>
            <Figure label="Balanced" value={whole(sums.tones.good)} />
            <Figure label="Stand out" value={whole(sums.off)} tone={sums.off > 0 ? 'bad' : undefined} />
            <Figure label="Calls/s" value={rate(sums.calls, windowMs)} />
            <Figure
              label="Failed"
              value={percent(sums.failed, knownCalls(sums))}
              tone={sums.failed > 0 ? 'bad' : undefined}
            />
          </>
        )}
      </dl>
      <Filter value={filter} label="Filter by namespace, name or port" onChange={setFilter} />
      <table class="list services">
        <thead>
          <tr>
            <SortHeading order="name" {...sort}>
              Service
            </SortHeading>
            <SortHeading order="state" {...sort}>
              State
            </SortHeading>
            <SortHeading order="calls" right {...sort}>
              Calls/s
            </SortHeading>
            <SortHeading order="failed" right {...sort}>
              Failed
            </SortHeading>
            <SortHeading order="pods" right {...sort}>
              Pods
            </SortHeading>
            {isHeard && <th scope="col">Last minutes</th>}
            <th scope="col">What stands out</th>
          </tr>
        </thead>
        <tbody>
          {page.items.map((row) => (
            <ServiceLine
              key={row.key}
              row={row}
              trend={trends.get(nameOf(row))}
              windowMs={windowMs}
              asOf={store.asOf}
              isHeard={isHeard}
            />
          ))}
        </tbody>
      </table>
      {all.length === 0 && <Empty>No Service is known. Which sources there are: Control plane.</Empty>}
      {all.length > 0 && page.items.length === 0 && <Empty>No Service has “{filter}” in its name.</Empty>}
      {pager}
    </>
  );
}

interface LineProps {
  readonly row: ServiceRow;
  readonly trend: TrendRow | undefined;
  readonly windowMs: number;
  readonly asOf: string;
  readonly isHeard: boolean;
}

function ServiceLine({ row, trend, windowMs, asOf, isHeard }: LineProps) {
  const { load, published, known } = row;
  return (
    <tr>
      <th scope="row">
        <a href={hashOf({ topic: 'service', port: nameOf(row) })}>
          <span class="muted">{row.namespace}/</span>
          {row.name}
          <span class="muted">:{row.port}</span>
        </a>
      </th>
      <td>
        <ServiceBadge row={row} asOf={asOf} />
      </td>
      <td class={load === null ? 'right nothing' : 'right'} data-label="calls/s">
        {load === null ? none : rate(load.calls, windowMs)}
      </td>
      <FailedCell load={load ?? undefined} />
      <td class="right" data-label="pods">
        {published === known ? whole(known) : `${whole(published)}/${whole(known)}`}
      </td>
      {isHeard && (
        <td class={load === null ? 'trend nothing' : 'trend'}>
          <Spark trend={trend} />
        </td>
      )}
      <td class="off">
        <StandsOut row={row} />
      </td>
    </tr>
  );
}

function StandsOut({ row: { load, problems, published, known } }: { row: ServiceRow }) {
  const rest = (load?.offCount ?? 0) - (load?.off.length ?? 0);
  return (
    <>
      {load?.off.map(({ pod, why }) => (
        <div key={pod}>
          <b class="pod">{pod}</b> {why}
        </div>
      ))}
      {rest > 0 && <div class="muted">and {count(rest, 'more pod')}</div>}
      {published < known && (
        <div class="muted">
          {whole(known - published)} of {count(known, 'pod')} not in use
        </div>
      )}
      {problems.map((problem) => (
        <div key={problem}>{problem}</div>
      ))}
    </>
  );
}
