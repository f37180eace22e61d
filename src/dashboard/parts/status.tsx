import type { HeadRow } from '../../feed/rows.ts';
import { duration } from '../../live/duration.ts';
import { clockTime, count } from '../model/figures.ts';
import type { Connection } from '../use-feed.ts';

const words: Readonly<Record<Connection, string>> = {
  connecting: 'connecting',
  live: 'live',
  lost: 'no connection',
  full: 'too many pages are open',
};

/** Whether what is shown is of now, and what it is of. */
export function Status({
  connection,
  head,
  asOf,
}: {
  connection: Connection;
  head: HeadRow | undefined;
  asOf: string;
}) {
  const of = head?.reports
    ? `last ${duration(head.windowMs)}, ${count(head.reporting, 'client')} reporting`
    : head && count(head.clients, 'client');
  return (
    <div class={`status ${connection}`}>
      <span role="status">
        <i aria-hidden="true" /> {words[connection]}
      </span>
      {connection === 'live' && of !== undefined && <span class="muted">{of}</span>}
      {connection !== 'live' && asOf !== '' && <span class="muted">as of {clockTime(Date.parse(asOf))}</span>}
    </div>
  );
}
