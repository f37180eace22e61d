import { type Clock, systemClock } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import { type ServiceId, serviceKey } from '../model/service.ts';
import { canonicalName } from '../translate/targets.ts';
import type { PublishedService } from './publisher.ts';

/** What is asked for before its endpoints are known, at the start of both, is nothing to warn of. */
const graceMs = 1_000;

/** A Service port without an endpoint that clients get. */
export interface EmptyPort {
  /** `NAMESPACE/NAME:PORT` */
  readonly name: string;
  /** Streams that ask for its endpoints. */
  readonly clients: number;
}

interface State {
  /** It had endpoints in the life of this process. */
  readonly isLost: boolean;
  readonly sinceMs: number;
  told: boolean;
}

export interface EmptyPortsOptions {
  /** How many streams ask for an assignment. */
  readonly clientsOf: (assignment: string) => number;
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
    this.#services.delete(serviceKey(id));
    this.#served.delete(serviceKey(id));
  }

  /** A client asks for endpoints; whether there are any is looked at a second later. */
  asked(): void {
    this.#cancelLook ??= this.#clock.after(graceMs, () => {
      this.#cancelLook = undefined;
      for (const states of this.#services.values()) {
        for (const [name, state] of states) {
          if (!state.told && this.#options.clientsOf(name) > 0) this.#tell(name, state);
        }
      }
    });
  }

  close(): void {
    this.#cancelLook?.();
  }

  /** Those that clients ask for, the most wanted first. */
  get wanted(): EmptyPort[] {
    const all = [...this.#services.values()].flatMap((states) => [...states.keys()]);
    return all
      .map((name) => ({ name, clients: this.#options.clientsOf(name) }))
      .filter(({ clients }) => clients > 0)
      .sort((a, b) => b.clients - a.clients || (a.name < b.name ? -1 : 1));
  }

  /** What there is to say of a Service, in sentences for people. */
  problemsOf(id: ServiceId): string[] {
    return [...(this.#services.get(serviceKey(id)) ?? [])].flatMap(([name, { isLost, sinceMs }]) => {
      const clients = this.#options.clientsOf(name);
      if (!isLost && clients === 0) return [];
      const seconds = Math.round((this.#clock.now() - sinceMs) / 1_000);
      const what = isLost ? `lost its last endpoint ${seconds} s ago` : 'has no endpoint';
      return [`${name} ${what}; ${countOf(clients, 'client')} ${clients === 1 ? 'asks' : 'ask'} for it`];
    });
  }

  #tell(name: string, state: State, rule?: string): void {
    state.told = true;
    const clients = this.#options.clientsOf(name);
    const message = state.isLost
      ? 'the Service has lost its last endpoint'
      : 'clients ask for a Service without endpoints';
    this.#options.log.warn({ assignment: name, clients, rule }, `${message}: calls to it fail`);
  }
}

/** `1 client`, `2 clients`. */
export function countOf(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

function store<Value extends { readonly size: number }>(map: Map<string, Value>, key: string, value: Value): void {
  if (value.size > 0) map.set(key, value);
  else map.delete(key);
}
