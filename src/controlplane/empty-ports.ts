import { type Clock, systemClock } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import { counted } from '../base/words.ts';
import { type ServiceId, serviceKey } from '../model/service.ts';
import { canonicalName } from '../translate/targets.ts';
import type { TranslatedService } from '../translate/translate-service.ts';
import type { PublishedService } from './publisher.ts';

/** What is asked for before its endpoints are known, at the start of both, is nothing to warn of. */
const graceMs = 1_000;

/** A Service port without an endpoint that clients get. */
export interface EmptyPort {
  /** `NAMESPACE/NAME:PORT` */
  readonly name: string;
  /** Streams that ask for its endpoints and get none. */
  readonly clients: number;
}

/** A port of a Service with `internalTrafficPolicy: Local` that some clients get no endpoint of. */
interface LocalPort {
  /** Kubernetes nodes with an endpoint. */
  readonly nodes: ReadonlySet<string>;
  told: boolean;
}

interface State {
  /** It had endpoints in the life of this process. */
  readonly isLost: boolean;
  readonly sinceMs: number;
  told: boolean;
}

export interface EmptyPortsOptions {
  /** The Kubernetes node of each stream that asks for an assignment; undefined where it does not say. */
  readonly clientsOf: (assignment: string) => readonly (string | undefined)[];
  readonly log: Logger;
  /** Default: the system's. */
  readonly clock?: Clock | undefined;
}

/**
 * Service ports without endpoints: all calls to them fail, and nothing else says so.
 *
 * One that loses its last endpoint is logged at once, one that never had any as soon as a client asks for it; once each, until
 * it has endpoints again.
 */
export class EmptyPorts {
  readonly #options: EmptyPortsOptions;
  readonly #clock: Clock;
  readonly #services = new Map<string, Map<string, State>>();
  /** Names of ports that have endpoints, by Service. */
  readonly #served = new Map<string, Set<string>>();
  /** By assignment; also those that every client gets an endpoint of. */
  readonly #local = new Map<string, LocalPort>();
  #cancelLook: (() => void) | undefined;

  constructor(options: EmptyPortsOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  published({ service, selections, translated }: PublishedService): void {
    if (translated === undefined) return;
    const key = serviceKey(service);
    const before = this.#services.get(key);
    const served = this.#served.get(key);
    const empty = new Map<string, State>();
    const full = new Set<string>();
    for (const [port, { published, rule }] of selections) {
      const name = canonicalName(service, port);
      this.#takeLocal(name, service.internalTrafficPolicy === 'Local' ? translated.local : undefined, port);
      const known = before?.get(name);
      if (published.size > 0) {
        full.add(name);
        if (known?.told) this.#options.log.info({ service: key, port }, 'the Service has endpoints again');
        continue;
      }
      const isLost = served?.has(name) === true || known?.isLost === true;
      const state = known ?? { isLost, sinceMs: this.#clock.now(), told: false };
      empty.set(name, state);
      if (isLost && !state.told) this.#tell(name, state, rule);
    }
    store(this.#services, key, empty);
    store(this.#served, key, full);
  }

  removed(id: ServiceId): void {
    const key = serviceKey(id);
    for (const name of [...(this.#services.get(key)?.keys() ?? []), ...(this.#served.get(key) ?? [])]) {
      this.#local.delete(name);
    }
    this.#services.delete(key);
    this.#served.delete(key);
  }

  /** A client asks for endpoints; whether there are any is looked at a second later. */
  asked(): void {
    this.#cancelLook ??= this.#clock.after(graceMs, () => {
      this.#cancelLook = undefined;
      for (const states of this.#services.values()) {
        for (const [name, state] of states) {
          if (!state.told && this.#options.clientsOf(name).length > 0) this.#tell(name, state);
        }
      }
      for (const [name, port] of this.#local) this.#tellLocal(name, port);
    });
  }

  close(): void {
    this.#cancelLook?.();
  }

  /** Those that clients ask for, the most wanted first. */
  get wanted(): EmptyPort[] {
    const empty = [...this.#services.values()].flatMap((states) => [...states.keys()]);
    const names = new Set([...empty, ...this.#local.keys()]);
    return [...names]
      .map((name) => ({ name, clients: this.#withoutEndpoint(name) }))
      .filter(({ clients }) => clients > 0)
      .sort((a, b) => b.clients - a.clients || (a.name < b.name ? -1 : 1));
  }

  /** What there is to say of a Service, in sentences for people. */
  problemsOf(id: ServiceId): string[] {
    const key = serviceKey(id);
    const empty = [...(this.#services.get(key) ?? [])].flatMap(([name, { isLost, sinceMs }]) => {
      const clients = this.#options.clientsOf(name).length;
      if (!isLost && clients === 0) return [];
      const seconds = Math.round((this.#clock.now() - sinceMs) / 1_000);
      const what = isLost ? `lost its last endpoint ${seconds} s ago` : 'has no endpoint';
      return [`${name} ${what}; ${counted(clients, 'client')} ${clients === 1 ? 'asks' : 'ask'} for it`];
    });
    return [...empty, ...[...(this.#served.get(key) ?? [])].flatMap((name) => this.#localProblem(name) ?? [])];
  }

  #takeLocal(name: string, local: TranslatedService['local'] | undefined, port: number): void {
    if (local === undefined) {
      this.#local.delete(name);
      return;
    }
    const nodes = new Set([...local].flatMap(([node, assignments]) => (assignments.has(port) ? [node] : [])));
    const before = this.#local.get(name);
    const state = { nodes, told: before?.told ?? false };
    this.#local.set(name, state);
    if (before !== undefined) this.#tellLocal(name, state);
  }

  /** Clients of a port that get no endpoint. */
  #withoutEndpoint(name: string): number {
    const nodes = this.#local.get(name)?.nodes;
    const clients = this.#options.clientsOf(name);
    return nodes === undefined ? clients.length : clients.filter((node) => !node || !nodes.has(node)).length;
  }

  #localProblem(name: string): string | undefined {
    const nodes = this.#local.get(name)?.nodes;
    if (nodes === undefined || this.#withoutEndpoint(name) === 0) return undefined;
    const clients = this.#options.clientsOf(name);
    const silent = clients.filter((node) => node === undefined).length;
    const elsewhere = clients.filter((node) => node !== undefined && !nodes.has(node)).length;
    return `${name} has internalTrafficPolicy: Local: no endpoint for ${counted(elsewhere, 'client')} on Kubernetes nodes without one, and for ${counted(silent, 'client')} without kubeNode in the bootstrap`;
  }

  /** Once, until every client has an endpoint. */
  #tellLocal(name: string, port: LocalPort): void {
    const problem = this.#localProblem(name);
    if (problem !== undefined && !port.told)
      this.#options.log.warn({ assignment: name, problem }, 'clients get no endpoint');
    port.told = problem !== undefined;
  }

  #tell(name: string, state: State, rule?: string): void {
    state.told = true;
    const clients = this.#options.clientsOf(name).length;
    const message = state.isLost
      ? 'the Service has lost its last endpoint'
      : 'clients ask for a Service without endpoints';
    this.#options.log.warn({ assignment: name, clients, rule }, `${message}: calls to it fail`);
  }
}

function store<Value extends { readonly size: number }>(map: Map<string, Value>, key: string, value: Value): void {
  if (value.size > 0) map.set(key, value);
  else map.delete(key);
}
