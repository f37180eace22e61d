import { counted } from '../base/words.ts';
import { type Cell, type Column, heading, type Paint, table, wrap } from '../probe/print/layout.ts';
import type { Explanation } from './conclude.ts';

/** Rows of a table that are printed; those that are not in order come first. */
const mostRows = 20;

/** Why calls get there or not, as text of at most 80 columns: the cause first. */
export function printExplanation(explanation: Explanation, paint: Paint): string {
  const { conclusion, findings, inOrder } = explanation;
  const first = findings.find(({ text }) => text === conclusion);
  const others = findings.filter((one) => one !== first);
  return [
    // The cause is one line, however long: whoever looks for it finds it there.
    ...wrap(conclusion).map((line) => paint(inOrder ? 'green' : 'red', line)),
    ...(first?.action === undefined ? [] : wrap(first.action)),
    ...others.flatMap(({ text, action = '', severity }) =>
      wrap(`${severity}: ${text} ${action}`.trimEnd(), 2).map((line, index) => (index === 0 ? `- ${line}` : line)),
    ),
    ...wayLines(explanation, paint),
    ...clientLines(explanation, paint),
    ...replicaLines(explanation, paint),
  ].join('\n');
}

const endpointColumns: readonly Column[] = [
  { title: 'pod', align: 'left' },
  { title: 'address', align: 'left', whole: true },
  { title: 'state', align: 'left', whole: true },
  { title: 'why', align: 'left' },
];

function wayLines({ way }: Explanation, paint: Paint): string[] {
  if (way === null) return [];
  const { target, service, port, source, rule, published, total, endpoints } = way;
  const rows = endpoints
    .slice(0, mostRows)
    .map(({ pod, address, state, why }): Cell[] => [
      { text: pod ?? '–' },
      { text: address },
      { text: state, format: state === 'published' ? 'green' : 'yellow' },
      { text: why },
    ]);
  const more = total - rows.length;
  return [
    '',
    ...heading(target, `→ Service ${service} → port ${port} → ${published} of ${counted(total, 'pod')}`, paint),
    ...wrap(
      `${source === null ? '' : `From the source ${source}. `}${rule === null ? '' : `Published: ${rule}.`}`.trim(),
    ),
    ...(rows.length === 0 ? [] : table(endpointColumns, rows, paint)),
    ...(more > 0 ? [paint('dim', `and ${more} more`)] : []),
  ];
}

const clientColumns: readonly Column[] = [
  { title: 'client', align: 'left', whole: true },
  { title: 'namespace', align: 'left' },
  { title: 'speaks', align: 'left' },
  { title: 'asks for', align: 'left' },
  { title: 'state', align: 'left', whole: true },
];

function clientLines({ clients }: Explanation, paint: Paint): string[] {
  if (clients.length === 0) return [];
  const rank = ({ state }: (typeof clients)[number]): number => (state === 'SYNCED' ? 1 : 0);
  const shown = clients.toSorted((a, b) => rank(a) - rank(b)).slice(0, mostRows);
  const rows = shown.map(({ client, namespace, speaks, asks, state }): Cell[] => [
    { text: client },
    { text: namespace ?? '–' },
    { text: speaks },
    { text: asks.length === 0 ? '–' : `${asks[0]}${asks.length > 1 ? ` +${asks.length - 1}` : ''}` },
    { text: state, format: state === 'SYNCED' ? 'green' : 'yellow' },
  ]);
  return [
    '',
    ...heading('Clients that ask for it', counted(clients.length, 'stream'), paint),
    ...table(clientColumns, rows, paint),
    ...(clients.length > shown.length ? [paint('dim', `and ${clients.length - shown.length} more`)] : []),
  ];
}

function replicaLines({ replicas }: Explanation, paint: Paint): string[] {
  const text = replicas.map(({ admin, error }) => `${admin}${error === null ? '' : ' (no answer)'}`).join(', ');
  return ['', ...wrap(`Asked: ${text}`).map((line) => paint('dim', line))];
}
