import { compareText } from '../base/compare-text.ts';
import { splitAddress } from '../base/listen-address.ts';
import { sum } from '../base/sum.ts';
import { type ClientState, clientStates } from '../controlplane/client-states.ts';
import type { ClientView } from '../controlplane/client-view.ts';
import type { ClientsView } from '../controlplane/clients-view.ts';
import type { ReplicaAnswer } from './ask-replicas.ts';
import { speaks } from './speaks.ts';

/** One client at one control plane: its streams as one, as some clients open one for each channel. */
export interface StatusRow {
  /** `node.id` of its bootstrap: the pod, where that is as `evenkeel bootstrap --kubernetes` prints it. */
  readonly client: string;
  /** Null where it has none, as an Envoy. */
  readonly namespace: string | null;
  readonly gateway: string | null;
  /** Language and version. */
  readonly speaks: string;
  /** Admin server of the control plane. */
  readonly replica: string;
  /** Address that it comes from. */
  readonly host: string;
  readonly kubeNode: string | null;
  readonly streams: number;
  /** The worst of its streams. */
  readonly state: ClientState;
  /** Why, in one sentence without its subject. */
  readonly why: string;
}

/** A control plane that was asked. */
export interface StatusReplica {
  readonly admin: string;
  readonly version: string | null;
  readonly ready: boolean;
  /** Why it accepts no streams, or did not answer; empty: it does. */
  readonly problems: readonly string[];
  readonly clients: number;
}

export interface Status {
  /** Whether all answered, accept streams, and every client has what it asks for. */
  readonly inOrder: boolean;
  readonly conclusion: string;
  readonly replicas: readonly StatusReplica[];
  /** Those that are farthest from order first. */
  readonly clients: readonly StatusRow[];
  /** Clients that the control planes left out of their answers. */
  readonly leftOut: number;
}

/** What several control planes say of their clients, as one. Pure. */
export function statusOf(answers: readonly ReplicaAnswer<ClientsView>[]): Status {
  const clients = answers
    .flatMap(({ admin, view }) => (view === undefined ? [] : rowsOf(admin, view.clients)))
    .sort(
      (a, b) =>
        clientStates.indexOf(b.state) - clientStates.indexOf(a.state) ||
        compareText(`${a.namespace}/${a.client}`, `${b.namespace}/${b.client}`),
    );
  const replicas = answers.map(({ admin, view, error }): StatusReplica => {
    const rows = clients.filter(({ replica }) => replica === admin);
    if (view === undefined) return { admin, version: null, ready: false, problems: [error.message], clients: 0 };
    const waiting = view.ready ? [] : [`it accepts no streams yet: ${view.reasons.join('; ') || 'it is starting'}`];
    return { admin, version: view.version, ready: view.ready, problems: waiting, clients: rows.length };
  });
  const off = clients.filter(({ state }) => state !== 'SYNCED');
  const troubled = replicas.filter(({ problems }) => problems.length > 0);
  return {
    inOrder: off.length === 0 && troubled.length === 0,
    conclusion: conclusionOf(clients, off, troubled),
    replicas,
    clients,
    leftOut: sum(answers, ({ view }) => (view === undefined ? 0 : view.total - view.clients.length)),
  };
}

function rowsOf(replica: string, clients: readonly ClientView[]): StatusRow[] {
  const same = Map.groupBy(clients, ({ node, peer }) =>
    JSON.stringify([node.id, node.namespace, node.gateway, node.userAgent, hostOf(peer)]),
  );
  return [...same.values()].map((streams): StatusRow => {
    const worst = streams.reduce((one, other) => (rankOf(other) > rankOf(one) ? other : one));
    const { node, peer, state, why } = worst;
    return {
      client: node.id,
      namespace: node.namespace ?? null,
      gateway: node.gateway ?? null,
      speaks: speaks(node.userAgent),
      replica,
      host: hostOf(peer),
      kubeNode: node.kubeNode ?? null,
      streams: streams.length,
      state,
      why,
    };
  });
}

function rankOf({ state }: ClientView): number {
  return clientStates.indexOf(state);
}

function hostOf(peer: string): string {
  return splitAddress(peer).host;
}

function conclusionOf(
  clients: readonly StatusRow[],
  off: readonly StatusRow[],
  troubled: readonly StatusReplica[],
): string {
  const [first] = troubled;
  const [worst] = off;
  if (first !== undefined) return troubleOf(first);
  if (worst !== undefined && off.length === 1) return sentenceOf(worst);
  if (worst !== undefined) {
    const more = `and ${off.length - 1} more ${off.length === 2 ? 'is' : 'are'} not in order`;
    return `${sentenceOf(worst).slice(0, -1)}, ${more}.`;
  }
  if (clients.length === 0) {
    return 'No client is connected: a client needs a bootstrap (evenkeel bootstrap) and a target that begins with xds:///.';
  }
  return clients.length === 1
    ? 'In order: the client has acknowledged what it asks for.'
    : `In order: all ${clients.length} clients have acknowledged what they ask for.`;
}

/** A client that is not in order, in a sentence. */
export function sentenceOf({ state, client, why }: StatusRow): string {
  return `${state}: ${client} ${why.replace(/[.\s]+$/, '')}.`;
}

/** What is wrong with a control plane, in a sentence. */
export function troubleOf({ admin, problems }: StatusReplica): string {
  return `Control plane ${admin}: ${problems.join('; ')}.`;
}
