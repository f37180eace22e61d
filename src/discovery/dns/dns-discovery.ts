import { type Clock, systemClock } from '../../base/clock.ts';
import { EvenkeelError, toEvenkeelError } from '../../base/errors.ts';
import { type ServiceId, serviceKey } from '../../model/service.ts';
import { ToldServices } from '../changes.ts';
import type { Discovery, DiscoveryObserver } from '../discovery.ts';
import { DnsClient, type DnsResolver } from './dns-client.ts';
import { type DnsIntervals, refreshDelayMs, retryDelayMs } from './dns-schedule.ts';
import { type DnsServer, systemServers } from './dns-server.ts';
import { type DnsService, srvName } from './dns-service.ts';
import { type Name, serviceOf, take } from './name.ts';
import { resolveSrv, type SrvResolution } from './resolve-srv.ts';

/** A name without an answer for this long after the start does not keep the others waiting. */
const defaultStartGraceMs = 10_000;
/** So many names that something is wrong with are listed. */
const namesListed = 10;

export interface DnsDiscoveryOptions extends DnsIntervals {
  readonly services: readonly DnsService[];
  /** In order of preference; default: those of /etc/resolv.conf, read at the start. */
  readonly servers?: readonly DnsServer[] | undefined;
  /** What follows `.svc.`, without dots around it. */
  readonly clusterDomain: string;
  readonly timeoutMs: number;
  readonly attempts: number;
  /** How long the start waits for names that nobody answers for; the others are served then. Default 10,000. */
  readonly startGraceMs?: number | undefined;
  /** Default: the system's. */
  readonly clock?: Clock | undefined;
  /** 0 to 1, as Math.random, which is the default. */
  readonly random?: (() => number) | undefined;
  /** Default: a client of the servers above. */
  readonly resolver?: DnsResolver | undefined;
}

/** Configured Services, their endpoints found by SRV (see ../README.md for what each answer means). */
export class DnsDiscovery implements Discovery {
  readonly kind = 'dns';
  readonly #options: DnsDiscoveryOptions;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #names: readonly { readonly service: DnsService; readonly names: readonly Name[] }[];
  readonly #byKey: ReadonlyMap<string, readonly Name[]>;
  readonly #running = new Set<Promise<void>>();
  readonly #stop = new AbortController();
  #observer: DiscoveryObserver | undefined;
  #told: ToldServices | undefined;
  #resolver: DnsResolver | undefined;
  #isSynced = false;
  #cancelGrace: (() => void) | undefined;
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
        numbers: port.port === undefined ? [] : [port.port],
        hasExisted: false,
        failures: 0,
      })),
    }));
    this.#byKey = new Map(this.#names.map(({ service, names }) => [serviceKey(service), names]));
  }

  async start(observer: DiscoveryObserver): Promise<void> {
    const { servers, timeoutMs, attempts, resolver } = this.#options;
    this.#resolver =
      resolver ?? new DnsClient({ servers: servers ?? systemServers(), timeoutMs, attempts, clock: this.#clock });
    if (this.#stop.signal.aborted) return;
    this.#observer = observer;
    this.#told = new ToldServices(observer);
    this.#syncIfDecided();
    if (!this.#isSynced) {
      const { startGraceMs = defaultStartGraceMs } = this.#options;
      this.#cancelGrace = this.#clock.after(startGraceMs, () => this.#sync());
    }
    for (const { service, names } of this.#names) {
      for (const name of names) this.#ask(service, names, name);
    }
  }

  undecided(id: ServiceId): string | undefined {
    const open = this.#byKey.get(serviceKey(id))?.find(isUndecided);
    return open && `DNS has not answered for ${open.text} yet${open.error ? `: ${open.error.message}` : ''}`;
  }

  hasUndecided(): boolean {
    return this.#names.some(({ names }) => names.some(isUndecided));
  }

  lastWordAgeMs(): number | undefined {
    const heard = this.#names.flatMap(({ names }) => names.flatMap(({ heardAtMs }) => heardAtMs ?? []));
    return heard.length === 0 ? undefined : this.#clock.now() - Math.min(...heard);
  }

  async stop(): Promise<void> {
    this.#observer = undefined;
    this.#stop.abort();
    this.#cancelGrace?.();
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
      resolution = await resolveSrv(this.#resolver!, name.text, this.#stop.signal, name.family);
      delayMs = refreshDelayMs(resolution.ttlMs, this.#options);
      name.failures = 0;
    } catch (error) {
      name.failures += 1;
      name.error = toEvenkeelError(error);
      delayMs = retryDelayMs(name.failures, this.#options, this.#random());
    }
    if (this.#observer === undefined) return;
    name.cancelTimer = this.#clock.after(delayMs, () => this.#ask(service, siblings, name));
    if (resolution !== undefined) {
      take(name, resolution);
      name.heardAtMs = this.#clock.now();
      if (!siblings.some(isUndecided)) this.#told?.upsert(serviceOf(service, siblings));
    }
    if (!wasFine || name.error !== undefined) this.#report();
    this.#syncIfDecided();
  }

  #syncIfDecided(): void {
    if (!this.hasUndecided()) this.#sync();
  }

  /** Everything that is known was told, or was waited for long enough. */
  #sync(): void {
    if (this.#isSynced) return;
    this.#isSynced = true;
    this.#cancelGrace?.();
    this.#observer?.synced();
  }

  /** Tells of the first name that something is wrong with, and which others there are. */
  #report(): void {
    const wrong = this.#names.flatMap(({ service, names }) =>
      names.flatMap(({ error, port }) =>
        error === undefined ? [] : { error, label: labelOf(service, port.portName) },
      ),
    );
    const first = wrong[0]?.error;
    const others = wrong.slice(1).map(({ label }) => label);
    const listed = `${others.slice(0, namesListed).join(', ')}${others.length > namesListed ? ' …' : ''}`;
    const more = others.length === 0 ? '' : ` (and ${others.length} more of the configured names: ${listed})`;
    const text = first === undefined ? '' : `${first.code} ${first.message}${more}`;
    if (text === this.#reported) return;
    this.#reported = text;
    this.#observer?.degraded(
      first && new EvenkeelError(first.code, `${first.message}${more}`, { ...first.location, cause: first }),
    );
  }
}

function isUndecided({ endpoints }: Name): boolean {
  return endpoints === undefined;
}

function labelOf(service: ServiceId, portName: string): string {
  return `${serviceKey(service)}:${portName}`;
}
