import type { ClientRow } from '../../feed/rows.ts';
import { count, whole } from './figures.ts';
import type { Tone } from './service-list.ts';

const tones: Readonly<Record<ClientRow['state'], Tone>> = {
  REJECTED: 'bad',
  STALE: 'warn',
  'NOT SENT': 'warn',
  SYNCED: 'good',
};

/** The worst first. */
export const clientStates = Object.keys(tones) as ClientRow['state'][];

export function clientTone({ state }: Pick<ClientRow, 'state'>): Tone {
  return tones[state];
}

/** Clients with a text in what is shown of them; those that are not in order first, then by name. Pure. */
export function listClients(rows: readonly ClientRow[], filter: string): ClientRow[] {
  const wanted = filter.trim().toLowerCase();
  return rows
    .filter((row) => textOf(row).includes(wanted))
    .sort(
      (a, b) =>
        clientStates.indexOf(a.state) - clientStates.indexOf(b.state) ||
        a.namespace.localeCompare(b.namespace) ||
        a.node.localeCompare(b.node),
    );
}

function textOf({ node, namespace, workload, zone, kubeNode, language, version, state, peer }: ClientRow): string {
  return [node, namespace, workload, zone, kubeNode, `${language} ${version}`, state, peer].join(' ').toLowerCase();
}

/** In the order in which a client asks for them; an endpoint resource has all endpoints of a cluster. */
const nouns: Readonly<Record<string, string>> = {
  ...{ listener: 'listener', route: 'route', cluster: 'cluster', endpoint: 'endpoint assignment' },
};
const typeOrder = Object.keys(nouns);

/** What a client was sent, and of what it asked for more: `2 listeners, 1 of 2 routes`. Pure. */
export function holdingsOf(types: ClientRow['types']): string {
  // Those that are none of these come last.
  const rank = (type: string): number => (typeOrder.includes(type) ? typeOrder.indexOf(type) : typeOrder.length);
  const parts = types
    .toSorted((a, b) => rank(a.type) - rank(b.type))
    .map(({ type, asked, sent }) => {
      const noun = nouns[type] ?? type;
      return asked < 0 || asked === sent ? count(sent, noun) : `${whole(sent)} of ${count(asked, noun)}`;
    });
  return parts.length === 0 ? 'asks for nothing' : parts.join(', ');
}
