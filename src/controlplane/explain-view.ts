import type { ClientResource, ClientStatus, StreamInfo } from '@evenkeel/xds';
import { typeUrls } from '@evenkeel/xds';
import { splitAddress } from '../base/listen-address.ts';
import type { Unserved } from '../discovery/discovery.ts';
import type { ServiceId } from '../model/service.ts';
import { defaultPort, findPort, isGrpcPort } from '../model/service-port.ts';
import { gatewayResourceName } from '../translate/gateway.ts';
import { similarTargets } from '../translate/similar-targets.ts';
import { canonicalName, parseTarget } from '../translate/targets.ts';
import { clientStateOf } from './client-state.ts';
import type { ClientState } from './client-states.ts';
import { type ClientFacts, type ClientView, viewClient } from './client-view.ts';
import type { ClientsView } from './clients-view.ts';
import { type ExplainedPort, type PortFacts, viewPort } from './explain-port.ts';
import { describeGroup } from './node-group.ts';
import type { PublishedService } from './publisher.ts';
import { typeLabel } from './type-label.ts';

/** What `GET /explain` is asked for. */
export interface ExplainQuery {
  /** As a client would write it behind `xds:///`. */
  readonly target: string;
  /** Namespace of a target that names none; default: that of the clients that `from` names, else `default`. */
  readonly namespace?: string | undefined;
  /** Clients to look at: their id (the pod), Kubernetes node, or address. */
  readonly from?: string | undefined;
  /** Most entries in each list. */
  readonly limit: number;
}

/** What a client has of one target. */
export interface ExplainedClient extends ClientView {
  /** Names behind `xds:///` that it asks for and that lead to this Service, the first few. */
  readonly asks: readonly string[];
  /** What it has of the target: state and sentence, whatever else it has. */
  readonly here: { readonly state: ClientState; readonly why: string };
  readonly resources: readonly { readonly type: string; readonly name: string; readonly state: string }[];
}

/** A client that was asked for by name. */
export interface NamedClient extends ClientView {
  /** All names behind `xds:///` that it asks for, the first few. */
  readonly asks: readonly string[];
}

export interface ExplainedService extends ServiceId {
  readonly source?: string | undefined;
  /** Why clients would reject its newest state; null: they take it. */
  readonly rejected: string | null;
  /** What discovery found wrong with it, in sentences. */
  readonly problems: readonly string[];
  readonly internalTrafficPolicy?: 'Local' | undefined;
  /** All ports, as `50051 (grpc)`. */
  readonly portNames: readonly string[];
  /** The port that the target means; null: none. */
  readonly port: ExplainedPort | null;
  /** Why it means none. */
  readonly noPort: string | null;
}

/** What `GET /explain` answers: all that one control plane knows about a target. */
export interface ExplainView extends Pick<ClientsView, 'version' | 'asOf' | 'ready' | 'reasons'> {
  /** What is wrong although the last good state is served. */
  readonly degraded: readonly string[];
  readonly target: string;
  /** Namespace in which the name was looked up. */
  readonly namespace: string;
  /** Why the text is no target; null: it is one. */
  readonly malformed: string | null;
  /** Why clients of that namespace do not get it; null: they do. */
  readonly notServed: string | null;
  /** Why the control plane may not read the namespace; null: it may, or does not know. */
  readonly forbidden: string | null;
  /** Targets that read like it, where there is no such Service. */
  readonly similar: readonly string[];
  readonly service: ExplainedService | null;
  /** Streams that are open. */
  readonly connected: number;
  /** Streams that ask for it; `clients` may have fewer, those that `from` names first. */
  readonly asking: number;
  readonly clients: readonly ExplainedClient[];
  /** Those that `from` names. */
  readonly named: readonly NamedClient[];
}

export interface ExplainInput extends PortFacts {
  readonly about: Pick<ExplainView, 'version' | 'asOf' | 'ready' | 'reasons' | 'degraded'>;
  readonly clusterDomain: string;
  readonly services: readonly PublishedService[];
  readonly find: (id: ServiceId) => PublishedService | undefined;
  readonly problemsOf: (id: ServiceId) => readonly string[];
  readonly sourceOf: (id: ServiceId) => string | undefined;
  readonly unserved: Iterable<readonly Unserved[]>;
  readonly clients: readonly ClientStatus[];
  readonly facts: ClientFacts;
  /** Streams that name a resource. */
  readonly streamsOf: (typeUrl: string, name: string) => readonly StreamInfo[];
}

/** More of what one client asks for is not shown. */
const maxAsks = 20;

/** All that is known about a target. */
export function explainView(input: ExplainInput, query: ExplainQuery): ExplainView {
  const { target: text, from, limit } = query;
  const { about, facts, clients, clusterDomain } = input;
  const called = from === undefined ? [] : clients.filter((client) => isCalled(client, from));
  const namespace = query.namespace ?? namespaceOf(called[0]) ?? 'default';
  const common = {
    ...about,
    target: text,
    namespace,
    notServed: facts.whyNotServed(text, namespace) ?? null,
    connected: clients.length,
    named: called.slice(0, limit).map((client) => ({ ...viewClient(client, facts), asks: asksOf(client, facts) })),
  };
  const target = parseTarget(text, clusterDomain);
  if ('reason' in target) {
    const none = { malformed: target.reason, forbidden: null, similar: [], service: null, asking: 0, clients: [] };
    return { ...common, ...none };
  }
  const id = { name: target.name, namespace: target.namespace ?? namespace };
  const published = input.find(id);
  const isNamed = new Set(called.map((client) => client.id));
  const found = askersOf(input, published, id, text).sort(
    (a, b) => Number(isNamed.has(b.client.id)) - Number(isNamed.has(a.client.id)),
  );
  const forbidden = [...input.unserved].flat().find((one) => one.namespace === id.namespace);
  return {
    ...common,
    malformed: null,
    forbidden: published === undefined ? (forbidden?.error.message ?? null) : null,
    similar: published === undefined ? similarTargets(id, serviceIds(input.services)) : [],
    service: published === undefined ? null : viewService(input, published, target.port, limit),
    asking: found.length,
    clients: found.slice(0, limit).map(({ client, resources }) => explainClient(client, resources, facts)),
  };
}

function* serviceIds(services: readonly PublishedService[]): Iterable<ServiceId> {
  for (const { service } of services) yield service;
}

function namespaceOf(client: ClientStatus | undefined): string | undefined {
  return client?.group === undefined ? undefined : describeGroup(client.group).namespace;
}

function isCalled({ node, peer }: ClientStatus, from: string): boolean {
  return node.id === from || node.metadata.kubeNode === from || splitAddress(peer).host === from;
}

function asksOf(client: ClientStatus, { resourcesOf }: ClientFacts): string[] {
  return listenersOf(client, resourcesOf(client.id) ?? []).slice(0, maxAsks);
}

/** Names of the listeners among these resources of a client, but for that of a gateway, which is there for every Service. */
function listenersOf(client: ClientStatus, resources: readonly ClientResource[]): string[] {
  const gateway = gatewayOf(client);
  return resources
    .filter(({ typeUrl, name }) => typeUrl === typeUrls.listener && name !== gateway)
    .map(({ name }) => name);
}

function viewService(
  input: ExplainInput,
  { service, selections, rejected }: PublishedService,
  wanted: string | undefined,
  limit: number,
): ExplainedService {
  const port = findPort(service, wanted);
  const byDefault = defaultPort(service);
  return {
    namespace: service.namespace,
    name: service.name,
    source: input.sourceOf(service),
    rejected: rejected?.message ?? null,
    problems: [...(service.problems ?? []), ...input.problemsOf(service)],
    internalTrafficPolicy: service.internalTrafficPolicy,
    portNames: service.ports.map(({ port: number, name, appProtocol }) => {
      const details = [name, appProtocol === undefined ? '' : `appProtocol ${appProtocol}`].filter((one) => one !== '');
      return details.length === 0 ? String(number) : `${number} (${details.join(', ')})`;
    }),
    port:
      'reason' in port
        ? null
        : viewPort(
            {
              service,
              port,
              selection: selections.get(port.port),
              isChosen: wanted === undefined && port === byDefault && service.ports.length > 1,
              isGrpc: isGrpcPort(port),
            },
            input,
            limit,
          ),
    noPort: 'reason' in port ? port.reason : null,
  };
}

interface Asker {
  readonly client: ClientStatus;
  /** What it asked for and was sent of the Service. */
  readonly resources: readonly ClientResource[];
}

/** Who asks for a Service, under whichever of its names, or for the text itself where there is no such Service. */
function askersOf(input: ExplainInput, published: PublishedService | undefined, id: ServiceId, text: string): Asker[] {
  const aliases = published?.translated?.aliases ?? [];
  const listeners = new Set([text, ...aliases.map(({ listener }) => listener)]);
  const names = new Set((published?.service.ports ?? []).map(({ port }) => canonicalName(id, port)));
  const streams = new Set<number>();
  for (const name of listeners) {
    for (const { id: stream, group } of input.streamsOf(typeUrls.listener, name)) {
      // A bare name is that of another Service for clients of another namespace.
      const isBare = !name.includes('.');
      if (isBare && group !== undefined && describeGroup(group).namespace !== id.namespace) continue;
      streams.add(stream);
    }
  }
  for (const name of names) for (const { id: stream } of input.streamsOf(typeUrls.endpoint, name)) streams.add(stream);
  return input.clients
    .filter((client) => streams.has(client.id))
    .map((client) => {
      // Every call through a gateway takes its one listener and its routes.
      const gateway = gatewayOf(client);
      const isOn = ({ typeUrl, name }: ClientResource): boolean =>
        name === gateway || (typeUrl === typeUrls.listener ? listeners.has(name) : names.has(name));
      return { client, resources: (input.facts.resourcesOf(client.id) ?? []).filter(isOn) };
    });
}

function gatewayOf({ group }: ClientStatus): string | undefined {
  const gateway = group === undefined ? undefined : describeGroup(group).gateway;
  return gateway === undefined ? undefined : gatewayResourceName(gateway);
}

function explainClient(
  client: ClientStatus,
  resources: readonly ClientResource[],
  facts: ClientFacts,
): ExplainedClient {
  const view = viewClient(client, facts);
  const listeners = listenersOf(client, resources);
  const first = (typeUrl: string, state: ClientResource['state']): ClientResource | undefined =>
    resources.find((one) => one.typeUrl === typeUrl && one.state === state);
  // Of each type only what concerns the target.
  const types = client.types.map((type) => ({
    ...type,
    names: resources.filter(({ typeUrl }) => typeUrl === type.typeUrl).length,
    rejection: first(type.typeUrl, 'rejected')?.rejection,
    unansweredMs: first(type.typeUrl, 'stale') === undefined ? undefined : (type.unansweredMs ?? 0),
  }));
  const missing = view.missing.filter(({ type, name }) => type === 'listener' && listeners.includes(name));
  return {
    ...view,
    asks: listeners.slice(0, maxAsks),
    here: clientStateOf(types, missing),
    resources: resources
      .slice(0, maxAsks * 4)
      .map(({ typeUrl, name, state }) => ({ type: typeLabel(typeUrl), name, state })),
  };
}
