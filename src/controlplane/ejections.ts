import type { ClusterLoad } from '@evenkeel/xds';
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import { Ejector, type Reporter } from '../ejection/ejector.ts';
import type { Ejected, EjectionChange } from '../ejection/port-ejection.ts';
import type { LoadViewPod } from '../load/load-view.ts';
import type { KnownService } from '../load/service-load.ts';
import { ejectionSettings } from '../model/ejection-settings.ts';
import type { ServicePolicy } from '../model/policy.ts';
import { serviceKey } from '../model/service.ts';
import type { Metrics } from './metrics.ts';

export interface EjectionsOptions {
  readonly clock: Clock;
  /** Milliseconds since 1970. Default: those of the system. */
  readonly wallClock?: (() => number) | undefined;
  readonly metrics: Metrics;
  readonly log: Logger;
  /** A pod is out, or back (null) and not gone; `why`: why it is back. */
  readonly told?:
    | ((known: KnownService, pod: string | null | undefined, view: EjectedView | null, why: string) => void)
    | undefined;
  /** Other endpoints of a Service, by its key, are to be published. */
  readonly changed: (key: string) => void;
}

/** A pod that is left out, for people. */
export type EjectedView = NonNullable<LoadViewPod['ejected']>;

/** Ejects pods by what clients report, and says so in log and metrics. */
export class Ejections {
  readonly #options: EjectionsOptions;
  readonly #ejector: Ejector;
  readonly #wallClock: () => number;
  readonly #services = new Map<string, KnownService>();
  /** By cluster and address. */
  readonly #views = new Map<string, ReadonlyMap<string, EjectedView>>();

  constructor(options: EjectionsOptions) {
    const { clock, wallClock = Date.now } = options;
    this.#options = options;
    this.#wallClock = wallClock;
    this.#ejector = new Ejector({ clock, changed: (cluster, changes) => this.#changed(cluster, changes) });
  }

  /** The pods of a Service port, and what its Service asks for. */
  serviceChanged(known: KnownService, { ejection }: ServicePolicy): void {
    const candidates = [...known.pods, ...(known.ejected ?? [])];
    this.#services.set(known.cluster, known);
    this.#ejector.serviceChanged(known.cluster, candidates, ejectionSettings(ejection));
  }

  serviceRemoved(cluster: string): void {
    this.#services.delete(cluster);
    this.#views.delete(cluster);
    this.#ejector.serviceRemoved(cluster);
  }

  opened(client: number, reporter: Reporter): void {
    this.#ejector.opened(client, reporter);
  }

  closed(client: number): void {
    this.#ejector.closed(client);
  }

  /** @returns bytes that are held of what this client has reported */
  report(client: number, clusters: readonly ClusterLoad[]): number {
    return this.#ejector.report(client, clusters);
  }

  /** Why clients are not sent to a pod; null: they are. */
  view(cluster: string, address: string): EjectedView | null {
    return this.#views.get(cluster)?.get(address) ?? null;
  }

  /** Ends its timers. */
  close(): void {
    this.#ejector.close();
  }

  /** Reads what is shown as metrics. */
  readMetrics(): void {
    this.#options.metrics.set(
      'evenkeel_load_ejected',
      [...this.#views].flatMap(([cluster, views]) => {
        const known = this.#services.get(cluster);
        return known === undefined ? [] : [[labelsOf(known), views.size] as const];
      }),
    );
  }

  #changed(cluster: string, changes: readonly EjectionChange[]): void {
    const { metrics, log, told, changed } = this.#options;
    const known = this.#services.get(cluster);
    if (known === undefined) return;
    const views = new Map(this.#views.get(cluster));
    for (const { address, ejected, why, isGone } of changes) {
      const pod = [...known.pods, ...(known.ejected ?? [])].find((one) => one.address === address)?.pod;
      const about = { service: serviceKey(known), port: known.port, endpoint: address, pod };
      if (ejected === undefined) {
        if (!views.delete(address)) continue;
        log.info({ ...about, why }, 'the endpoint is back');
        if (isGone !== true) told?.(known, pod, null, why);
        continue;
      }
      const view = this.#viewOf(ejected);
      views.set(address, view);
      metrics.count('evenkeel_load_ejections_total', { ...labelsOf(known), kind: ejected.kind });
      log.warn({ ...about, why: view.why, until: view.until, times: ejected.times }, 'the endpoint is ejected');
      told?.(known, pod, view, '');
    }
    this.#views.set(cluster, views);
    changed(serviceKey(known));
  }

  #viewOf({ sinceMs, untilMs, why }: Ejected): EjectedView {
    const now = this.#wallClock();
    const iso = (ms: number): string => new Date(ms).toISOString();
    return { since: iso(now), until: iso(now + untilMs - sinceMs), why };
  }
}

function labelsOf({ namespace, name, port }: KnownService): Record<string, string> {
  return { namespace, service: name, port: String(port) };
}
