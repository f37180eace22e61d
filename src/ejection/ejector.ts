import type { ClusterLoad } from '@evenkeel/xds';
import type { Clock } from '../base/clock.ts';
import type { EjectionSettings } from '../model/ejection-settings.ts';
import { type Candidate, type Ejected, type EjectionChange, PortEjection } from './port-ejection.ts';

export interface EjectorOptions {
  readonly clock: Clock;
  /** A pod of this cluster was ejected, or is back. Never from inside `serviceChanged`, `serviceRemoved` or `closed`. */
  readonly changed: (cluster: string, changes: readonly EjectionChange[]) => void;
  /** Clients times pods that are looked at, over all Services; clients that come later are not heard. Default 4,000,000. */
  readonly maxCells?: number | undefined;
}

/** A client that reports. */
export interface Reporter {
  /** How often it was asked to report, milliseconds. */
  readonly intervalMs: number;
  /** See {@link countsIssued} of load/. */
  readonly isIssuedCounted: boolean;
  /** Where it connects from, without its port: clients of one address have one voice together. */
  readonly from: string;
}

type Client = Reporter & {
  isIssuedCounted: boolean;
  /** Bytes that are held of its reports, by cluster, and all together. */
  readonly held: Map<string, number>;
  heldBytes: number;
};

/** Reports of one moment are looked at together. */
const settleMs = 50;
/** The least time between two looks, however much is reported, and how many times as long as the look before took. */
const pauseMs = 200;
const pauseTimesLook = 20;
/**
 * Twelve bytes each are 48 MB of arrays. With what stands beside them the process grew by 93 MB with 1,000 pods, and by 213 MB with 100,
 * where there are ten times as many clients; each client's part is charged to its connection.
 */
const defaultMaxCells = 4_000_000;

/** Ejects pods by what clients report of their calls, and takes them back: all Services, and the timers. */
export class Ejector {
  readonly #clock: Clock;
  readonly #changed: EjectorOptions['changed'];
  readonly #maxCells: number;
  readonly #ports = new Map<string, PortEjection>();
  readonly #clients = new Map<number, Client>();
  /** Ports to look at. */
  readonly #due = new Set<string>();
  /** Changes that nobody was told of yet. */
  readonly #news = new Map<string, EjectionChange[]>();
  #cells = 0;
  #cancelLook: (() => void) | undefined;
  #nextLookMs = Number.NEGATIVE_INFINITY;
  #cancelReturn = () => {};
  #returnMs = Number.POSITIVE_INFINITY;

  constructor({ clock, changed, maxCells = defaultMaxCells }: EjectorOptions) {
    this.#clock = clock;
    this.#changed = changed;
    this.#maxCells = maxCells;
  }

  /** The pods of a Service port that may be called, those that are ejected included. */
  serviceChanged(cluster: string, candidates: readonly Candidate[], settings: EjectionSettings | undefined): void {
    const port = this.#ports.get(cluster) ?? new PortEjection(settings);
    this.#ports.set(cluster, port);
    this.#withCells(port, () => this.#tell(cluster, port.update(candidates, settings, this.#clock.now())));
  }

  serviceRemoved(cluster: string): void {
    const port = this.#ports.get(cluster);
    if (port === undefined) return;
    this.#cells -= port.cells;
    for (const client of port.heard) hold(this.#clients.get(client), cluster, 0);
    this.#ports.delete(cluster);
    this.#due.delete(cluster);
    this.#news.delete(cluster);
  }

  /** A client begins to report. */
  opened(client: number, reporter: Reporter): void {
    this.#clients.set(client, { ...reporter, held: new Map(), heldBytes: 0 });
  }

  closed(client: number): void {
    const { from, held } = this.#clients.get(client) ?? {};
    this.#clients.delete(client);
    if (from === undefined) return;
    for (const cluster of held?.keys() ?? []) {
      const port = this.#ports.get(cluster);
      if (port !== undefined) this.#withCells(port, () => port.leave(client, from));
    }
  }

  /** @returns bytes that are held of what this client has reported */
  report(client: number, clusters: readonly ClusterLoad[]): number {
    const from = this.#clients.get(client);
    if (from === undefined) return 0;
    const now = this.#clock.now();
    for (const { name, localities, intervalMs } of clusters) {
      const port = this.#ports.get(name);
      if (port === undefined || !this.#hasRoom(port, client)) continue;
      from.isIssuedCounted ||= localities.some(({ issued }) => issued > 0);
      // After a time without calls a report is of all of it, and its calls may have begun a moment ago.
      const of = intervalMs > 0 ? Math.min(intervalMs, from.intervalMs) : from.intervalMs;
      const witness = { ...from, client, askedMs: from.intervalMs, intervalMs: of };
      this.#withCells(port, () => {
        if (port.hear(witness, localities, now)) this.#lookAt(name);
      });
      hold(from, name, port.heldBytes(client));
    }
    return from.heldBytes;
  }

  /** Why a pod is out; undefined: it is not. */
  ejected(cluster: string, address: string): Ejected | undefined {
    return this.#ports.get(cluster)?.ejected(address);
  }

  /** Ends its timers. */
  close(): void {
    this.#cancelLook?.();
    this.#cancelReturn();
    this.#due.clear();
    this.#news.clear();
  }

  #hasRoom(port: PortEjection, client: number): boolean {
    return port.hears(client) || this.#cells + port.cellsPerClient <= this.#maxCells;
  }

  #withCells(port: PortEjection, act: () => void): void {
    this.#cells -= port.cells;
    act();
    this.#cells += port.cells;
  }

  #tell(cluster: string, changes: readonly EjectionChange[]): void {
    if (changes.length === 0) return;
    this.#news.set(cluster, [...(this.#news.get(cluster) ?? []), ...changes]);
    this.#lookAt(cluster);
  }

  #lookAt(cluster: string): void {
    this.#due.add(cluster);
    if (this.#cancelLook !== undefined) return;
    const pause = Math.max(settleMs, this.#nextLookMs - this.#clock.now());
    this.#cancelLook = this.#clock.after(pause, () => this.#look());
  }

  #look(): void {
    const now = this.#clock.now();
    this.#cancelLook?.();
    this.#cancelLook = undefined;
    const due = [...this.#due];
    this.#due.clear();
    for (const cluster of due) {
      const changes = [...(this.#news.get(cluster) ?? []), ...(this.#ports.get(cluster)?.evaluate(now) ?? [])];
      this.#news.delete(cluster);
      if (changes.length > 0) this.#changed(cluster, changes);
    }
    this.#nextLookMs = now + Math.max(pauseMs, pauseTimesLook * (this.#clock.now() - now));
    for (const cluster of due) if (this.#ports.get(cluster)?.isUnfinished) this.#lookAt(cluster);
    this.#waitForReturn();
  }

  /** Until the first of all that are out is to come back. */
  #waitForReturn(): void {
    const next = Math.min(
      ...[...this.#ports.values()].map(({ nextReturnMs = Number.POSITIVE_INFINITY }) => nextReturnMs),
    );
    if (next === this.#returnMs) return;
    this.#cancelReturn();
    this.#returnMs = next;
    if (next === Number.POSITIVE_INFINITY) return;
    this.#cancelReturn = this.#clock.after(Math.max(0, next - this.#clock.now()), () => {
      this.#returnMs = Number.POSITIVE_INFINITY;
      for (const [cluster, { nextReturnMs = next + 1 }] of this.#ports)
        if (nextReturnMs <= next) this.#due.add(cluster);
      this.#look();
    });
  }
}

/** So many bytes are held now of what a client reported about a cluster. */
function hold(client: Client | undefined, cluster: string, bytes: number): void {
  if (client === undefined) return;
  client.heldBytes += bytes - (client.held.get(cluster) ?? 0);
  if (bytes > 0) client.held.set(cluster, bytes);
  else client.held.delete(cluster);
}
