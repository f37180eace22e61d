import { type Clock, systemClock } from '../../base/clock.ts';
import { EvenkeelError, toEvenkeelError } from '../../base/errors.ts';
import { nowhere } from '../../model/endpoint.ts';
import type { Service, ServicePort } from '../../model/service.ts';
import { ToldServices } from '../changes.ts';
import type { Discovery, DiscoveryObserver } from '../discovery.ts';
import { DnsClient, type DnsResolver } from './dns-client.ts';
import { type DnsIntervals, refreshDelayMs, retryDelayMs } from './dns-schedule.ts';
import type { DnsServer } from './dns-server.ts';
import { type DnsService, type DnsServicePort, srvName } from './dns-service.ts';
import { systemServers } from './resolv-conf.ts';
import { resolveSrv, type SrvEndpoint, type SrvResolution } from './resolve-srv.ts';

export interface DnsDiscoveryOptions extends DnsIntervals {
  readonly services: readonly DnsService[];
  /** In order of preference; default: those of /etc/resolv.conf, read at the start. */
  readonly servers?: readonly DnsServer[] | undefined;
  /** What follows `.svc.`, without dots around it. */
  readonly clusterDomain: string;
  readonly timeoutMs: number;
  readonly attempts: number;
  /** Default: the system's. */
  readonly clock?: Clock | undefined;
  /** 0 to 1, as Math.random, which is the default. */
  readonly random?: (() => number) | undefined;
  /** Default: a client of the servers above. */
  readonly resolver?: DnsResolver | undefined;
}

/** One SRV name, which is one port of a Service. */
interface Name {
  readonly text: string;
  readonly port: DnsServicePort;
  /** Undefined until the first definitive answer. */
  endpoints?: readonly SrvEndpoint[] | undefined;
  /** The Service's port, once known. */
  number?: number | undefined;
  hasExisted: boolean;
  failures: number;
  /** What is wrong with it now. */
  error?: EvenkeelError | undefined;
  cancelTimer?: (() => void) | undefined;
}

/** Configured Services, their endpoints found by SRV (see ../README.md for what each answer means). */
export class DnsDiscovery implements Discovery {
  readonly kind = 'dns';
  readonly #options: DnsDiscoveryOptions;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #names: readonly { readonly service: DnsService; readonly names: readonly Name[] }[];
  readonly #running = new Set<Promise<void>>();
  readonly #stop = new AbortController();
  #observer: DiscoveryObserver | undefined;
  #told: ToldServices | undefined;
  #resolver: DnsResolver | undefined;
  #undecided = 0;
  #reported = '';

  constructor(options: DnsDiscoveryOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? Math.random;
    this.#names = options.services.map((service) => ({
      service,
      names: service.ports.map((port) => ({
        text: srvName(service, port, options.clusterDomain),
        port,
        number: port.port,
        hasExisted: false,
        failures: 0,
      })),
    }));
  }

  async start(observer: DiscoveryObserver): Promise<void> {
    const { servers, timeoutMs, attempts, resolver } = this.#options;
    this.#resolver =
      resolver ??
      new DnsClient({ servers: servers ?? (await systemServers()), timeoutMs, attempts, clock: this.#clock });
    if (this.#stop.signal.aborted) return;
    this.#observer = observer;
    this.#told = new ToldServices(observer);
    this.#undecided = this.#names.flatMap(({ names }) => names).length;
    if (this.#undecided === 0) observer.synced();
    for (const { service, names } of this.#names) {
      for (const name of names) this.#ask(service, names, name);
    }
  }

  async stop(): Promise<void> {
    this.#observer = undefined;
    this.#stop.abort();
    for (const { names } of this.#names) for (const name of names) name.cancelTimer?.();
    await Promise.all(this.#running);
  }

  #ask(service: DnsService, siblings: readonly Name[], name: Name): void {
    const run = this.#resolve(service, siblings, name).finally(() => this.#running.delete(run));
    this.#running.add(run);
  }

  async #resolve(service: DnsService, siblings: readonly Name[], name: Name): Promise<void> {
    const wasFine = name.error === undefined;
    let delayMs: number;
    let resolution: SrvResolution | undefined;
    try {
      resolution = await resolveSrv(this.#resolver!, name.text, this.#stop.signal);
      delayMs = refreshDelayMs(resolution.ttlMs, this.#options);
      name.failures = 0;
    } catch (error) {
      name.failures += 1;
      name.error = toEvenkeelError(error);
      delayMs = retryDelayMs(name.failures, this.#options, this.#random());
    }
    if (this.#observer === undefined) return;
    name.cancelTimer = this.#clock.after(delayMs, () => this.#ask(service, siblings, name));
    const wasDecided = name.endpoints !== undefined;
    if (resolution !== undefined) {
      take(name, resolution);
      if (siblings.every(({ endpoints }) => endpoints !== undefined)) {
        this.#told?.upsert(serviceOf(service, siblings));
      }
    }
    if (!wasFine || name.error !== undefined) this.#report();
    if (wasDecided || resolution === undefined) return;
    this.#undecided -= 1;
    if (this.#undecided === 0) this.#observer.synced();
  }

  /** Tells of the first name that something is wrong with, and of how many there are. */
  #report(): void {
    const wrong = this.#names.flatMap(({ names }) => names.flatMap(({ error }) => error ?? []));
    const [first] = wrong;
    const more = wrong.length > 1 ? ` (and ${wrong.length - 1} more of the configured names)` : '';
    const text = first === undefined ? '' : `${first.code} ${first.message}${more}`;
    if (text === this.#reported) return;
    this.#reported = text;
    this.#observer?.degraded(
      first && new EvenkeelError(first.code, `${first.message}${more}`, { ...first.location, cause: first }),
    );
  }
}

function take(name: Name, { exists, endpoints }: SrvResolution): void {
  name.endpoints = endpoints;
  name.hasExisted ||= exists;
  name.number = name.port.port ?? lowestPort(endpoints) ?? name.number;
  // A name that existed and does not now has no endpoints, which is what a Service scaled to nothing looks like.
  name.error = name.hasExisted
    ? undefined
    : new EvenkeelError('EK_DNS_NAME', `the name ${name.text} does not exist (NXDOMAIN for SRV)`);
}

function lowestPort(endpoints: readonly SrvEndpoint[]): number | undefined {
  return endpoints.length === 0 ? undefined : Math.min(...endpoints.map(({ port }) => port));
}

function serviceOf({ namespace, name, policy, locality }: DnsService, names: readonly Name[]): Service {
  const ports = new Map<number, ServicePort>();
  for (const { number, port, endpoints = [] } of names) {
    // Two names with one port number would be one port that is told twice; the first one stands.
    if (number === undefined || ports.has(number)) continue;
    ports.set(number, {
      port: number,
      name: port.portName,
      // It is configured to be served, whatever its name is.
      appProtocol: 'grpc',
      endpoints: endpoints.map((endpoint) => ({
        ...endpoint,
        // DNS lists those that are ready and says no more.
        conditions: { ready: true, serving: true, terminating: false },
        locality: nowhere,
      })),
    });
  }
  return { namespace, name, ports: [...ports.values()], policy, locality };
}
