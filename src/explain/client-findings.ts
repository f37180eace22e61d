import { counted } from '../base/words.ts';
import type { ClientState } from '../controlplane/client-states.ts';
import type { ExplainedClient, ExplainView } from '../controlplane/explain-view.ts';
import type { Finding, FindingKind } from './finding.ts';
import { speaks } from './speaks.ts';
import { listed, sentence } from './words.ts';

const kinds: Readonly<Record<Exclude<ClientState, 'SYNCED'>, FindingKind>> = {
  REJECTED: 'client-rejected',
  STALE: 'client-stale',
  'NOT SENT': 'client-not-sent',
};

/** A finding for each client that is not in order; of more, the first few and how many there are. */
const mostClients = 5;

/** Clients that ask for the target: all, or of those that `from` names. Pure. */
export function clientsConcerned(views: readonly ExplainView[], from: string | undefined): ExplainedClient[] {
  const asking = views.flatMap(({ clients }) => clients);
  if (from === undefined) return asking;
  const keyOf = ({ stream, peer }: { stream: number; peer: string }): string => `${stream} ${peer}`;
  const named = new Set(views.flatMap((view) => view.named.map(keyOf)));
  return asking.filter((client) => named.has(keyOf(client)));
}

/** What is the matter with clients of a target that is itself in order. Pure. */
export function clientFindings(views: readonly ExplainView[], from: string | undefined): Finding[] {
  const named = views.flatMap((view) => view.named);
  const concerned = clientsConcerned(views, from);
  const findings = troubles(concerned);
  if (from !== undefined && named.length === 0) return [notConnected(from, views), ...findings];
  if (from !== undefined && concerned.length === 0) {
    const asks = [...new Set(named.flatMap((one) => one.asks))].map((one) => `xds:///${one}`);
    const gateways = [...new Set(named.flatMap(({ node }) => node.gateway ?? []))];
    const other =
      gateways.length > 0
        ? `it is the gateway ${listed(gateways)}, which does not lead there`
        : asks.length === 0
          ? 'it asks for nothing'
          : `it asks for ${listed(asks, 3)}`;
    const action =
      gateways.length > 0
        ? 'Add the Service to the gateway in the configuration of the control plane.'
        : 'Correct the target of the client.';
    const text = sentence(`${from} is connected and does not ask for it: ${other}`);
    return [{ kind: 'client-asks-for-other', severity: 'fault', text, action }];
  }
  if (from === undefined && concerned.length === 0 && views.length > 0) return [nobodyAsks(views)];
  return findings;
}

function troubles(clients: readonly ExplainedClient[]): Finding[] {
  const off = clients.filter(({ here }) => here.state !== 'SYNCED');
  const rank = ({ here: { state } }: ExplainedClient): number => ['REJECTED', 'STALE', 'NOT SENT'].indexOf(state);
  const worst = off.toSorted((a, b) => rank(a) - rank(b));
  const rest = worst.length - mostClients;
  return worst.slice(0, mostClients).map(({ node, here: { state, why } }, index): Finding => {
    const more =
      index === mostClients - 1 && rest > 0
        ? `; and ${counted(rest, 'client')} more ${rest === 1 ? 'is' : 'are'} not in order`
        : '';
    const text = sentence(`${node.id} (${speaks(node.userAgent)}) ${why}${more}`);
    return { kind: kinds[state as Exclude<ClientState, 'SYNCED'>], severity: 'fault', text };
  });
}

function notConnected(from: string, views: readonly ExplainView[]): Finding {
  const where = views.length === 1 ? '' : ` to any of ${views.length} control planes`;
  return {
    kind: 'client-not-connected',
    severity: 'fault',
    text: sentence(`No client called ${from} is connected${where}: it has no xDS bootstrap, or does not get there`),
    action: 'Look for GRPC_XDS_BOOTSTRAP in its environment, and run evenkeel doctor beside it.',
  };
}

function nobodyAsks(views: readonly ExplainView[]): Finding {
  const connected = views.reduce((total, view) => total + view.connected, 0);
  return {
    kind: 'nobody-asks',
    severity: 'warning',
    text:
      connected === 0
        ? 'It is served, and no client at all is connected: without a bootstrap (GRPC_XDS_BOOTSTRAP) a client does not ask.'
        : `It is served, and nobody asks for it, of ${counted(connected, 'stream')} of clients: they dial something else.`,
  };
}
