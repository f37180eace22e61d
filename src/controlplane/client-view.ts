import type { PeerCertificate } from 'node:tls';
import { type ClientResource, type ClientStatus, type TypeStatus, typeUrls, type XdsNode } from '@evenkeel/xds';
import { clientStateOf, type MissingName } from './client-state.ts';
import type { ClientState } from './client-states.ts';
import { describeGroup } from './node-group.ts';
import { typeLabel } from './type-label.ts';

/** What is known about clients beside what the server knows. */
export interface ClientFacts {
  /** What a stream asked for and was sent; undefined where it is over. */
  readonly resourcesOf: (streamId: number) => readonly ClientResource[] | undefined;
  /** Why clients of a namespace do not get a listener; undefined where they do. */
  readonly whyNotServed: (listener: string, namespace: string) => string | undefined;
  /** Who a client is by its certificate. */
  readonly identityOf: (certificate: PeerCertificate) => object | undefined;
  /** The zone of each Kubernetes node. */
  readonly zones: ReadonlyMap<string, string>;
}

type Optional = 'ackedVersion' | 'rejection' | 'unansweredMs';

/** A type of resources, by its label; what is undefined is left out in JSON. */
export type ClientTypeView = Omit<TypeStatus, 'typeUrl' | Optional> &
  Partial<Pick<TypeStatus, Optional>> & { readonly type: string };

/** One stream of a client, as `/clients` and `/config_dump` show it. */
export interface ClientView {
  readonly stream: number;
  readonly protocol: string;
  readonly peer: string;
  readonly state: ClientState;
  /** The state in one sentence, without its subject. */
  readonly why: string;
  readonly certificate?: object | undefined;
  /** What it says of itself. */
  readonly node: {
    readonly id: string;
    readonly namespace?: string | undefined;
    readonly gateway?: string | undefined;
    /** Whether its endpoints come each as a locality of its own; absent where clients do not report. */
    readonly form?: string | undefined;
    /** What it is and its version. */
    readonly userAgent: string;
    readonly locality: XdsNode['locality'];
    readonly kubeNode?: string | undefined;
    readonly kubeNodeZone?: string | undefined;
  };
  readonly types: readonly ClientTypeView[];
  /** What it asks for and does not get, the first few. */
  readonly missing: readonly MissingName[];
  readonly refusedNames: readonly MissingName[];
}

/** More is not shown of one client: a client chooses freely what it asks for. */
const maxMissing = 20;
const maxNameLength = 300;

/** What there is to say of a stream. */
export function viewClient(client: ClientStatus, facts: ClientFacts): ClientView {
  const { id, variant, peer, certificate, node, group, types, hidden } = client;
  const { kubeNode } = node.metadata;
  const refusedNames = hidden.map(describeHidden);
  const missing = [...refusedNames, ...missingOf(client, facts, refusedNames)].slice(0, maxMissing);
  return {
    stream: id,
    protocol: variant,
    peer,
    ...clientStateOf(types, missing),
    // What the client has shown; everything under node is what it says of itself.
    certificate: certificate && facts.identityOf(certificate),
    node: {
      id: node.id,
      ...(group === undefined ? {} : describeGroup(group)),
      userAgent: `${node.userAgentName} ${node.userAgentVersion}`.trim(),
      locality: node.locality,
      // Learned from the endpoints on the same machine; a locality that the client itself states is the one above.
      ...(typeof kubeNode === 'string' ? { kubeNode, kubeNodeZone: facts.zones.get(kubeNode) } : {}),
    },
    types: types.map(({ typeUrl, ...status }) => ({ type: typeLabel(typeUrl), ...status })),
    missing,
    refusedNames,
  };
}

/** What it asked for and was told that there is none, since no rule lets it see that. */
function describeHidden(key: string): MissingName {
  const [typeUrl = '', ...name] = key.split(' ');
  return { type: typeLabel(typeUrl), name: name.join(' '), reason: 'no rule of xds.tls.clients lets it see this' };
}

function missingOf({ id, types, group }: ClientStatus, facts: ClientFacts, hidden: readonly MissingName[]) {
  // Looking at every name of every client takes long, and mostly there is nothing to be found.
  const short = new Set(types.filter(({ names, held }) => names > held).map(({ typeUrl }) => typeUrl));
  if (short.size === 0) return [];
  const namespace = group === undefined ? undefined : describeGroup(group).namespace;
  const missing: MissingName[] = [];
  for (const { typeUrl, name, version } of facts.resourcesOf(id) ?? []) {
    if (version !== undefined || !short.has(typeUrl)) continue;
    if (hidden.some((one) => one.name === name && one.type === typeLabel(typeUrl))) continue;
    const reason =
      typeUrl === typeUrls.listener && namespace !== undefined
        ? (facts.whyNotServed(name, namespace) ?? 'it has not been sent yet')
        : 'there is none';
    missing.push({ type: typeLabel(typeUrl), name: name.slice(0, maxNameLength), reason });
    if (missing.length === maxMissing) break;
  }
  // Of a target that is not there the rest is missing as well.
  return missing.sort((a, b) => rankOf(a) - rankOf(b));
}

function rankOf({ type }: MissingName): number {
  return type === 'listener' ? 0 : 1;
}
