import type { HeadRow } from '../../feed/rows.ts';
import { duration } from '../../live/duration.ts';
import { bytes, none, whole } from '../model/figures.ts';
import { type RowStore, rowsOf } from '../model/row-store.ts';
import { Badge } from '../parts/badge.tsx';
import { Bar } from '../parts/bar.tsx';
import { Figure, usePage } from '../parts/list.tsx';

/** The control plane itself: where its Services come from, what it does not serve, and its bounds. */
export function ControlPage({ store, head }: { store: RowStore; head: HeadRow }) {
  const replicas = rowsOf(store, 'replica');
  return (
    <>
      <h1>
        Control plane <Badge tone={head.ready ? 'good' : 'bad'} text={head.ready ? 'ready' : 'not ready'} />
      </h1>
      <dl class="figures">
        <Figure label="Version" value={head.version} />
        <Figure label="Clients" value={whole(head.clients)} />
        <Figure label="Reporting" value={head.reports ? whole(head.reporting) : 'off'} />
        <Figure label="Replicas" value={replicas.length === 0 ? none : whole(replicas.length)} />
      </dl>
      {head.degraded.map((problem) => (
        <p class="note bad-note" key={problem}>
          {problem}
        </p>
      ))}
      <Sources store={store} />
      <Rejected store={store} />
      <h2>Bounds</h2>
      <table class="list bounds">
        <thead>
          <tr>
            <th scope="col">What</th>
            <th scope="col">Used</th>
            <th scope="col" class="right">
              Most
            </th>
          </tr>
        </thead>
        <tbody>
          {rowsOf(store, 'bound').map(({ key, name, used, most, unit }) => {
            const say = unit === 'bytes' ? bytes : whole;
            const tone = used > most * 0.8 ? 'bad' : undefined;
            return (
              <tr key={key}>
                <th scope="row">{name}</th>
                <td data-label="used">
                  <Bar value={used} most={most} text={say(used)} tone={tone} />
                </td>
                <td class="right" data-label="at most">
                  {say(most)}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
      <h2>Replicas</h2>
      {replicas.length === 0 ? (
        <p class="muted">
          It does not look for others. With <code>xds.replicas.name</code> it does, and spreads clients over them.
        </p>
      ) : (
        <p class="zones">
          {replicas.map(({ key, address }) => (
            <span key={key}>{address}</span>
          ))}
        </p>
      )}
    </>
  );
}

function Sources({ store }: { store: RowStore }) {
  return (
    <>
      <h2>Sources</h2>
      <table class="list sources">
        <thead>
          <tr>
            <th scope="col">Source</th>
            <th scope="col">State</th>
            <th scope="col" class="right">
              Services
            </th>
            <th scope="col" class="right">
              Last word
            </th>
          </tr>
        </thead>
        <tbody>
          {rowsOf(store, 'source').map(({ key, name, synced, services, ageSeconds, degraded, unserved }) => (
            <tr key={key}>
              <th scope="row">
                {name}
                {degraded !== '' && <div class="bad small">{degraded}</div>}
                {unserved.map((text) => (
                  <div class="warn small" key={text}>
                    {text}
                  </div>
                ))}
              </th>
              <td>
                <Badge
                  tone={degraded !== '' ? 'bad' : synced ? 'good' : 'warn'}
                  text={degraded !== '' ? 'fails' : synced ? 'synced' : 'being read'}
                />
              </td>
              <td class="right" data-label="Services">
                {whole(services)}
              </td>
              <td class="right" data-label="since its last word">
                {ageSeconds === null ? none : duration(ageSeconds * 1_000)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}

function Rejected({ store }: { store: RowStore }) {
  const rejected = rowsOf(store, 'rejected');
  const [page, pager] = usePage(rejected, 30);
  return (
    <>
      <h2>Rejected</h2>
      {rejected.length === 0 ? (
        <p class="muted">Everything that is known is served.</p>
      ) : (
        <table class="list rejected">
          <thead>
            <tr>
              <th scope="col">What</th>
              <th scope="col">Why</th>
            </tr>
          </thead>
          <tbody>
            {page.items.map(({ key, subject, why }) => (
              <tr key={key}>
                <th scope="row">{subject}</th>
                <td>{why}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {pager}
    </>
  );
}
