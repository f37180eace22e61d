import { sum } from '../base/sum.ts';
import { counted } from '../base/words.ts';
import type { ClientState } from '../controlplane/client-states.ts';
import { type Cell, type Column, heading, type Paint, table, wrap } from '../probe/print/layout.ts';
import { type Status, type StatusRow, sentenceOf, troubleOf } from './status-rows.ts';

/** Sentences that are printed; of more clients that are not in order the state in the table must do. */
const mostSentences = 20;

const formats = { SYNCED: 'green', STALE: 'yellow', 'NOT SENT': 'yellow', REJECTED: 'red' } as const satisfies Record<
  ClientState,
  string
>;

/** What is known of all clients, as text of at most 80 columns: the conclusion first. */
export function printStatus(status: Status, paint: Paint): string {
  const { clients, replicas, conclusion, inOrder, leftOut } = status;
  const off = clients.filter(({ state }) => state !== 'SYNCED');
  const silent = replicas.filter(({ problems }) => problems.length > 0);
  return [
    ...wrap(conclusion).map((line) => paint(inOrder ? 'green' : 'red', line)),
    '',
    ...heading(
      'Clients',
      `${sum(replicas, (one) => one.clients)} at ${counted(replicas.length, 'control plane')}`,
      paint,
    ),
    ...(clients.length === 0 ? [] : table(columnsOf(status), clients.map(rowOf(status)), paint)),
    ...(leftOut > 0 ? [paint('dim', `and ${leftOut} streams more, which are in order`)] : []),
    ...paragraphs(
      off
        .slice(0, mostSentences)
        .map(sentenceOf)
        .filter((text) => text !== conclusion),
    ),
    ...(off.length > mostSentences ? ['', `and ${off.length - mostSentences} more that are not in order`] : []),
    ...paragraphs(silent.map(troubleOf).filter((text) => text !== conclusion)),
  ].join('\n');
}

function columnsOf({ replicas }: Status): readonly Column[] {
  return [
    { title: 'client', align: 'left', whole: true },
    { title: 'namespace', align: 'left' },
    { title: 'speaks', align: 'left' },
    ...(replicas.length > 1 ? [{ title: 'control plane', align: 'left' } as const] : []),
    { title: 'state', align: 'left', whole: true },
  ];
}

const rowOf =
  ({ replicas }: Status) =>
  (row: StatusRow): Cell[] => [
    { text: row.streams === 1 ? row.client : `${row.client} ×${row.streams}` },
    { text: row.namespace ?? (row.gateway === null ? '–' : `gateway ${row.gateway}`) },
    { text: row.speaks },
    ...(replicas.length > 1 ? [{ text: row.replica }] : []),
    { text: row.state, format: formats[row.state] },
  ];

function paragraphs(texts: readonly string[]): string[] {
  return texts.flatMap((text) => ['', ...wrap(text, 2)]);
}
