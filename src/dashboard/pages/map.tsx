import { useState } from 'preact/hooks';
import type { EdgeRow, HeadRow } from '../../feed/rows.ts';
import { knownCalls } from '../../load/known-calls.ts';
import { count, percent, rate } from '../model/figures.ts';
import { layOut, type MapLayout, nodeSize } from '../model/map-layout.ts';
import { hashOf } from '../model/route.ts';
import { type RowStore, rowsOf } from '../model/row-store.ts';
import { FailedCell } from '../parts/failed-cell.tsx';
import { Empty, Filter, usePage } from '../parts/list.tsx';
import { ReportsOff } from '../parts/reports-off.tsx';

/** More lines than this nobody can follow. */
const mostDrawn = 80;

/** Who calls whom, as clients report it. */
export function MapPage({ store, head }: { store: RowStore; head: HeadRow }) {
  const [filter, setFilter] = useState('');
  const wanted = filter.trim().toLowerCase();
  const all = rowsOf(store, 'edge');
  const edges = all
    .filter((edge) => `${fromOf(edge)} ${toOf(edge)}`.toLowerCase().includes(wanted))
    .sort((a, b) => b.calls - a.calls);
  const [page, pager] = usePage(edges, 50);
  if (!head.reports) {
    return (
      <>
        <h1>Map</h1>
        <ReportsOff />
      </>
    );
  }
  const drawn = edges.slice(0, mostDrawn);
  return (
    <>
      <h1>Map</h1>
      <Filter value={filter} label="Filter by workload or Service" onChange={setFilter} />
      {edges.length === 0 && (
        <Empty>
          {all.length === 0
            ? 'No client has reported a call. Clients on dns:/// do not report; those on xds:/// do within seconds.'
            : `Nothing has “${filter}” in its name.`}
        </Empty>
      )}
      {drawn.length > 0 && <Drawing layout={layOut(drawn)} windowMs={head.windowMs} />}
      {edges.length > drawn.length && (
        <p class="muted hint">Drawn are the {count(drawn.length, 'edge')} with most calls; the list has all.</p>
      )}
      {edges.length > 0 && (
        <table class="list edges">
          <thead>
            <tr>
              <th scope="col">Caller</th>
              <th scope="col">Service</th>
              <th scope="col" class="right">
                Calls/s
              </th>
              <th scope="col" class="right">
                Failed
              </th>
            </tr>
          </thead>
          <tbody>
            {page.items.map((edge) => (
              <tr key={edge.key}>
                <th scope="row">{fromOf(edge)}</th>
                <td class="to">
                  <a href={hashOf({ topic: 'service', port: toOf(edge) })}>{toOf(edge)}</a>
                </td>
                <td class="right" data-label="calls/s">
                  {rate(edge.calls, head.windowMs)}
                </td>
                <FailedCell load={edge} />
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {pager}
    </>
  );
}

function Drawing({ layout: { nodes, edges, width, height }, windowMs }: { layout: MapLayout; windowMs: number }) {
  return (
    // It may be wider than the page, and is scrolled then, by keyboard as well.
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard
    <section class="drawing" tabIndex={0} aria-label="Who calls whom">
      <svg
        width={width}
        height={height}
        viewBox={`0 0 ${width} ${height}`}
        role="img"
        aria-label="The same as the list below"
      >
        <defs>
          {(['good', 'warn', 'bad'] as const).map((tone) => (
            <marker
              key={tone}
              id={`arrow-${tone}`}
              class={`arrow ${tone}`}
              viewBox="0 0 8 8"
              refX="6"
              refY="4"
              markerWidth="13"
              markerHeight="13"
              markerUnits="userSpaceOnUse"
              orient="auto"
            >
              <path d="M0 0L8 4L0 8z" />
            </marker>
          ))}
        </defs>
        {edges.map(({ key, path, width: stroke, tone }) => (
          <path key={key} class={`edge ${tone}`} d={path} stroke-width={stroke} marker-end={`url(#arrow-${tone})`} />
        ))}
        {nodes.map(({ id, namespace, name, port, x, y }) => (
          <g key={id} class={port === '' ? 'node' : 'node called'} transform={`translate(${x} ${y})`}>
            <rect width={nodeSize.width} height={nodeSize.height} rx="6" />
            <text x="12" y="20">
              {short(name)}
            </text>
            <text x="12" y="36" class="small">
              {short(namespace)}
            </text>
            <title>{`${namespace}/${name}`}</title>
          </g>
        ))}
        {edges.map(({ key, edge, tone, labelX, labelY }) => (
          <g key={key} class={`label ${tone}`} transform={`translate(${labelX} ${labelY})`}>
            <text text-anchor="middle" y="-7">
              {rate(edge.calls, windowMs)}/s
            </text>
            {edge.failed > 0 && (
              <text text-anchor="middle" y="17" class="failed">
                {percent(edge.failed, knownCalls(edge))}
              </text>
            )}
          </g>
        ))}
      </svg>
    </section>
  );
}

function fromOf({ from }: EdgeRow): string {
  return `${from.namespace}/${from.workload}`;
}

function toOf({ to }: EdgeRow): string {
  return `${to.namespace}/${to.name}:${to.port}`;
}

/** What fits into a box. */
function short(text: string): string {
  return text.length > 22 ? `${text.slice(0, 21)}…` : text;
}
