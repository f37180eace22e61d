import type { ClusterLoad } from '@evenkeel/xds';
import { type Clock, systemClock } from '../base/clock.ts';
import { compareText } from '../base/compare-text.ts';
import type { Verdict } from '../verdict/verdict.ts';
import type { Caller } from './caller.ts';
import { judgeService, type LiveVerdict } from './judge-service.ts';
import type { LoadView, LoadViewCaller, LoadViewPod, LoadViewService } from './load-view.ts';
import { type KnownService, type LoadRoom, type PodLoad, ServiceLoad } from './service-load.ts';
import { type Counts, meanMsOf, type Spread } from './window.ts';

export interface LoadStoreOptions {
  /** Length of a slot of time, two of which are looked at; longer where clients report less often. Default 5,000. */
  readonly slotMs?: number | undefined;
  readonly clock?: Clock | undefined;
  /** Milliseconds since 1970. Default: those of the system. */
  readonly wallClock?: (() => number) | undefined;
  /** Why clients are not sent to a pod, though discovery has it. Default: they are. */
  readonly ejected?: ((cluster: string, address: string) => LoadViewPod['ejected']) | undefined;
}

/** What reports named that there is none of; for metrics. */
export interface Ignored {
  /** Clusters. */
  readonly clusters: number;
  /** Localities of a cluster. */
  readonly localities: number;
}

/** A client that reports. */
interface Reporter {
  readonly caller: Caller;
  readonly intervalMs: number;
  /** Whether it counts calls that begin; see {@link countsIssued}. */
  isIssuedCounted: boolean;
  /** When it last reported; milliseconds of the clock. */
  reportedAt: number | undefined;
}

interface Judged extends LiveVerdict {
  readonly sinceMs: number;
}

/** Callers of a Service that the view has. */
const viewedCallers = 200;

/**
 * What all clients report, by Service port, pod and caller. It believes nobody about what it does not know: Services and pods
 * are those that it is told of by discovery.
 */
export class LoadStore {
  readonly #services = new Map<string, ServiceLoad>();
  readonly #room: LoadRoom = { callers: 0, cells: 0 };
  readonly #verdicts = new Map<string, Judged>();
  /** Verdicts that are about to change, and are seen once more before they do. */
  readonly #doubted = new Map<string, LiveVerdict['verdict']>();
  readonly #reporters = new Map<number, Reporter>();
  readonly #clock: Clock;
  readonly #wallClock: () => number;
  readonly #ejected: (cluster: string, address: string) => LoadViewPod['ejected'];
  readonly #minSlotMs: number;
  #slotMs: number;
  #slotBegan: number;
  /** Slots that are over. */
  #slots = 0;
  #windowBegan: number;
  /** Localities in a report, as a moving average. */
  #localitiesPerReport = 10;

  constructor({
    slotMs = 5_000,
    clock = systemClock,
    wallClock = Date.now,
    ejected = () => null,
  }: LoadStoreOptions = {}) {
    this.#clock = clock;
    this.#ejected = ejected;
    this.#wallClock = wallClock;
    this.#minSlotMs = slotMs;
    this.#slotMs = slotMs;
    this.#slotBegan = clock.now();
    this.#windowBegan = this.#slotBegan;
  }

  /** A Service port, and the pods that clients are sent to. */
  serviceChanged(known: KnownService): void {
    const now = this.#clock.now();
    const before = this.#services.get(known.cluster);
    if (before === undefined) this.#services.set(known.cluster, new ServiceLoad(known, now, this.#room));
    else before.update(known, now);
  }

  /** There is no such Service port any more. */
  serviceRemoved(cluster: string): void {
    this.#services.get(cluster)?.close();
    this.#services.delete(cluster);
    this.#verdicts.delete(cluster);
    this.#doubted.delete(cluster);
  }

  /**
   * A client begins to report.
   *
   * @param stream - unique
   * @param isIssuedCounted - whether it counts calls that begin
   */
  opened(stream: number, caller: Caller, intervalMs: number, isIssuedCounted = true): void {
    this.#reporters.set(stream, { caller, intervalMs, isIssuedCounted, reportedAt: undefined });
  }

  /** It reports no more. */
  closed(stream: number): void {
    this.#reporters.delete(stream);
  }

  /** Streams that are open. */
  get streams(): number {
    return this.#reporters.size;
  }

  /** Localities in a report, on average. */
  get localitiesPerReport(): number {
    return this.#localitiesPerReport;
  }

  /** Takes a report. */
  report(stream: number, clusters: readonly ClusterLoad[]): Ignored {
    const reporter = this.#reporters.get(stream);
    if (reporter === undefined) return { clusters: clusters.length, localities: 0 };
    const ignored = { clusters: 0, localities: 0 };
    let localities = 0;
    reporter.reportedAt = this.#clock.now();
    for (const cluster of clusters) {
      localities += cluster.localities.length;
      const service = this.#services.get(cluster.name);
      if (service === undefined) ignored.clusters += 1;
      else ignored.localities += this.#add(service, reporter, cluster);
    }
    this.#localitiesPerReport += (localities - this.#localitiesPerReport) / 100;
    return ignored;
  }

  /** Time passes: to be called about once a second. Says whether verdicts were looked at anew. */
  tick(): boolean {
    const now = this.#clock.now();
    if (now - this.#slotBegan < this.#slotMs) return false;
    for (const [cluster, service] of this.#services) {
      if (service.callers.size > 0) this.#judge(cluster, service, now);
      service.rotate(now);
    }
    this.#windowBegan = this.#slotBegan;
    this.#slotBegan = now;
    this.#slots += 1;
    let longest = 0;
    for (const { intervalMs } of this.#reporters.values()) longest = Math.max(longest, intervalMs);
    this.#slotMs = Math.max(this.#minSlotMs, 2 * longest);
    return true;
  }

  /** Services that a client reported about. */
  services(): ServiceLoad[] {
    return [...this.#services.values()].filter(({ callers }) => callers.size > 0);
  }

  /** Whether calls to a pod of a Service port succeed, most of them, of late. */
  isAnswering(cluster: string, address: string): boolean {
    const recent = this.#services.get(cluster)?.pods.get(address)?.window.recent;
    return recent !== undefined && recent.succeeded > recent.failed;
  }

  /** What is known of how even a Service port is. */
  verdictOf(cluster: string): Verdict {
    return this.#verdicts.get(cluster)?.verdict ?? 'inconclusive';
  }

  /** Calls of the window, by caller; empty where nobody reported about the cluster. */
  callsByCaller(cluster: string): { readonly caller: Caller; readonly calls: number }[] {
    const callers = [...(this.#services.get(cluster)?.callers.values() ?? [])];
    return callers.map(({ caller, window }) => ({ caller, calls: window.recent.calls }));
  }

  /** All that was reported of each pod of a cluster since it came. */
  totalsByPod(cluster: string): { readonly address: string; readonly total: Readonly<Counts> }[] {
    const pods = this.#services.get(cluster)?.pods ?? [];
    return [...pods].map(([address, { window }]) => ({ address, total: window.total }));
  }

  /** What is known now. */
  view(): LoadView {
    const now = this.#clock.now();
    const windowMs = Math.max(1, Math.round(now - this.#windowBegan - this.#meanAge(now)));
    const services = [...this.#services]
      .filter(([, { callers }]) => callers.size > 0)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([cluster, service]) => this.#viewOf(cluster, service, windowMs, now));
    return { asOf: new Date(this.#wallClock()).toISOString(), windowMs, streams: this.#reporters.size, services };
  }

  /** A bad verdict has to be seen twice: of thousands of windows a day, chance makes one look uneven now and then. */
  #judge(cluster: string, service: ServiceLoad, now: number): void {
    const before = this.#verdicts.get(cluster);
    const found = judgeService(service, this.#windowBegan, now);
    const isNews = found.verdict !== before?.verdict;
    const isBad = found.verdict !== 'balanced' && found.verdict !== 'inconclusive';
    if (isBad && isNews && this.#doubted.get(cluster) !== found.verdict) {
      this.#doubted.set(cluster, found.verdict);
      return;
    }
    this.#doubted.delete(cluster);
    const sinceMs = isNews || before === undefined ? this.#wallClock() : before.sinceMs;
    this.#verdicts.set(cluster, { ...found, sinceMs });
  }

  /** Adds what a report says of a Service. Returns how many localities there are none of. */
  #add(service: ServiceLoad, reporter: Reporter, cluster: ClusterLoad): number {
    const { localities } = cluster;
    reporter.isIssuedCounted ||= localities.some(({ issued }) => issued > 0);
    const { caller, isIssuedCounted } = reporter;
    const intervalMs = cluster.intervalMs > 0 ? cluster.intervalMs : reporter.intervalMs;
    return service.add(localities, { caller, intervalMs, isIssuedCounted, spread: this.#spreadOf(intervalMs) });
  }

  /** A report is of the interval before it, which reaches into the slot before, and beyond. Nothing is before the first slot. */
  #spreadOf(intervalMs: number): Spread {
    if (this.#slots === 0) return { current: 1, previous: 0 };
    const current = Math.min(1, (this.#clock.now() - this.#slotBegan) / intervalMs);
    const before = this.#slots === 1 ? 1 : (this.#slotBegan - this.#windowBegan) / intervalMs;
    return { current, previous: Math.min(1 - current, before) };
  }

  /** How old the last reports are, on average: calls since then are not known yet. */
  #meanAge(now: number): number {
    let [sum, count] = [0, 0];
    for (const { reportedAt, intervalMs } of this.#reporters.values()) {
      if (reportedAt === undefined || now - reportedAt > 2 * intervalMs) continue;
      sum += now - reportedAt;
      count += 1;
    }
    return count === 0 ? 0 : sum / count;
  }

  #viewOf(cluster: string, service: ServiceLoad, windowMs: number, now: number): LoadViewService {
    const { namespace, name, port } = service.known;
    const judged = this.#verdicts.get(cluster);
    const { calls, failed } = service.all.recent;
    return {
      ...{ namespace, name, port },
      verdict: this.verdictOf(cluster),
      since: new Date(judged?.sinceMs ?? this.#wallClock()).toISOString(),
      why: judged?.why ?? judgeService(service, this.#windowBegan, now).why,
      ...{ calls, failed },
      total: totalOf(service.all.total),
      pods: [...service.pods.values()]
        .filter(({ goneAt, isEjected, window }) => goneAt === undefined || isEjected || !window.isIdle)
        .sort((a, b) => compareText(a.known.pod ?? a.known.address, b.known.pod ?? b.known.address))
        .map((pod) =>
          podView(pod, windowMs, this.#windowBegan, pod.isEjected ? this.#ejected(cluster, pod.known.address) : null),
        ),
      callers: [...service.callers.values()]
        .map(({ caller, window }): LoadViewCaller => {
          const { calls, failed } = window.recent;
          return { ...caller, calls, failed };
        })
        .sort((a, b) => b.calls - a.calls)
        .slice(0, viewedCallers),
    };
  }
}

function podView(
  { known: { pod, address, zone }, window, cameAt, goneAt }: PodLoad,
  windowMs: number,
  windowBegan: number,
  ejected: LoadViewPod['ejected'],
): LoadViewPod {
  const { recent, total } = window;
  const mean = meanMsOf(recent);
  return {
    pod: pod ?? null,
    ...{ address, zone },
    calls: recent.calls,
    failed: recent.failed,
    inFlight: Math.round((recent.inFlightMs / windowMs) * 100) / 100,
    meanMs: mean === undefined ? null : Math.round(mean * 10) / 10,
    steady: cameAt <= windowBegan && goneAt === undefined,
    ejected,
    total: totalOf(total),
  };
}

function totalOf({ calls, failed }: Counts): { readonly calls: number; readonly failed: number } {
  return { calls, failed };
}
