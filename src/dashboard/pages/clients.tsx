import { useState } from 'preact/hooks';
import type { ClientRow, HeadRow } from '../../feed/rows.ts';
import { clientStates, clientTone, holdingsOf, listClients } from '../model/client-list.ts';
import { whole } from '../model/figures.ts';
import { type RowStore, rowsOf } from '../model/row-store.ts';
import { Badge } from '../parts/badge.tsx';
import { Empty, Figure, Filter, usePage } from '../parts/list.tsx';

/** Every xDS stream: who it is, and what it acknowledged, rejected or waits for. */
export function ClientsPage({ store, head }: { store: RowStore; head: HeadRow }) {
  const [filter, setFilter] = useState('');
  const all = rowsOf(store, 'client');
  const [page, pager] = usePage(listClients(all, filter));
  const shown = head.rows > all.length ? `${whole(all.length)} of ${whole(head.rows)}` : whole(all.length);
  return (
    <>
      <h1>Clients</h1>
      <dl class="figures">
        <Figure label="Streams" value={shown} />
        {clientStates.map((state) => {
          const clients = all.filter((client) => client.state === state).length;
          const tone = clients > 0 && state !== 'SYNCED' ? clientTone({ state }) : undefined;
          return <Figure key={state} label={state} value={whole(clients)} tone={tone} />;
        })}
      </dl>
      <Filter value={filter} label="Filter by name, zone, language, state …" onChange={setFilter} />
      {all.length === 0 && (
        <Empty>
          No client is connected. What a client needs: <code>evenkeel bootstrap</code>, and a target that begins with{' '}
          <code>xds:///</code>.
        </Empty>
      )}
      {all.length > 0 && (
        <table class="list clients">
          <thead>
            <tr>
              <th scope="col">Client</th>
              <th scope="col">State</th>
              <th scope="col">Language</th>
              <th scope="col">Zone</th>
              <th scope="col">Has of what it asks for</th>
            </tr>
          </thead>
          <tbody>
            {page.items.map((client) => (
              <Client key={client.key} client={client} />
            ))}
          </tbody>
        </table>
      )}
      {all.length > 0 && page.items.length === 0 && <Empty>No client has “{filter}” in what is shown of it.</Empty>}
      {pager}
    </>
  );
}

function Client({ client }: { client: ClientRow }) {
  const { node, peer, namespace, workload, zone, kubeNode, language, version, protocol, state, why, types } = client;
  const isGood = state === 'SYNCED';
  return (
    <tr>
      <th scope="row">
        <span class="pod">{node || 'no name'}</span>
        <div class="muted small">{[`${namespace}/${workload || '?'}`, peer].join(' · ')}</div>
        {!isGood && <div class={`${clientTone(client)} small`}>{why}</div>}
      </th>
      <td>
        <Badge tone={clientTone(client)} text={state} title={why} />
      </td>
      <td>
        {language} <span class="muted">{version}</span>
      </td>
      <td>
        {zone}
        {kubeNode !== '' && <div class="muted small">{kubeNode}</div>}
      </td>
      <td class="small">
        {holdingsOf(types)} <span class="muted">{protocol === 'delta' ? 'delta' : 'state of the world'}</span>
      </td>
    </tr>
  );
}
