import type { LocalityLoad } from '@evenkeel/xds';
import { type Caller, callerKey, unknown } from './caller.ts';
import { begunOf, inFlightMsOf } from './calls-of.ts';
import { addCounts, noCounts, type Spread, Window } from './window.ts';

/** A pod that may be called. */
export interface KnownPod {
  /** `ADDRESS:PORT`, as the locality in a report has it. */
  readonly address: string;
  /** Its name; undefined where discovery does not say. */
  readonly pod?: string | undefined;
  readonly zone: string;
}

/** A Service port that clients may report about. */
export interface KnownService {
  /** Name of its cluster, `NAMESPACE/NAME:PORT`. */
  readonly cluster: string;
  readonly namespace: string;
  readonly name: string;
  readonly port: number;
  /** Pods that clients are sent to. */
  readonly pods: readonly KnownPod[];
  /** Pods that they would be sent to, but for what they report of them; absent: none. */
  readonly ejected?: readonly KnownPod[] | undefined;
}

/** What is known of a pod, and reported. */
export interface PodLoad {
  readonly known: KnownPod;
  readonly window: Window;
  /** When it came; milliseconds of the clock. */
  readonly cameAt: number;
  /** When it was taken from clients; undefined while they are sent there. */
  goneAt: number | undefined;
  /** Whether it was taken from them because of what they reported, and may come back. */
  isEjected: boolean;
}

/** What a caller reported. */
export interface CallerLoad {
  readonly caller: Caller;
  readonly window: Window;
  /** By the address of the pod; emptied of what is idle. */
  readonly pods: Map<string, Window>;
  /** Windows since it last reported anything. */
  idleSlots: number;
}

/** A report about the Service, beside its localities. */
export interface Reported {
  readonly caller: Caller;
  /** Time that it is of. */
  readonly intervalMs: number;
  readonly isIssuedCounted: boolean;
  readonly spread: Spread;
}

/** What is held of all Service ports together. */
export interface LoadRoom {
  callers: number;
  /** Callers × pods. */
  cells: number;
}

/** Callers of one Service that are told apart; those that come later are one, `unknown`. */
const maxCallers = 1_000;
/** Callers that are told apart, over all Services. */
const maxCallersOfAll = 10_000;
/** Callers × pods that are told apart, over all Services. */
const maxCells = 50_000;
/** Slots after which a caller that reports nothing is forgotten. */
const forgottenAfter = 120;
/** How long reports about a pod are taken after it was taken from clients: a last interval, and calls that go on. */
const afterlifeMs = 120_000;

/** Calls to one Service port, by pod and by caller. */
export class ServiceLoad {
  known: KnownService;
  readonly pods = new Map<string, PodLoad>();
  readonly callers = new Map<string, CallerLoad>();
  /** All calls. */
  readonly all = new Window();
  /** Those of clients that do not report by pod. */
  readonly withoutPod = new Window();
  readonly #room: LoadRoom;

  constructor(known: KnownService, nowMs: number, room: LoadRoom) {
    this.known = known;
    this.#room = room;
    this.update(known, nowMs);
  }

  /** The pods are these now. */
  update(known: KnownService, nowMs: number): void {
    this.known = known;
    const current = new Set<string>();
    for (const pod of known.pods) {
      current.add(pod.address);
      const before = this.pods.get(pod.address);
      if (before !== undefined && before.goneAt === undefined && before.known.pod === pod.pod) continue;
      // A pod that comes back, or another one with its address, is a new one; one that was ejected is the same.
      const isBack = before?.isEjected === true && before.known.pod === pod.pod;
      const window = isBack ? before.window : new Window();
      this.pods.set(pod.address, { known: pod, window, cameAt: nowMs, goneAt: undefined, isEjected: false });
    }
    const ejected = new Set(known.ejected?.map(({ address }) => address));
    for (const [address, pod] of this.pods) {
      if (!current.has(address)) pod.goneAt ??= nowMs;
      pod.isEjected = ejected.has(address);
    }
  }

  /** Adds what a client reports, by the address of the pod that is its `sub_zone`; returns how many have none that there is. */
  add(localities: readonly LocalityLoad[], { caller, intervalMs, isIssuedCounted, spread }: Reported): number {
    const sum = noCounts();
    const counts = noCounts();
    let from: CallerLoad | undefined;
    let ignored = 0;
    for (const load of localities) {
      const address = load.locality.subZone;
      // All endpoints in one locality have no such name.
      const window = address === '' ? this.withoutPod : this.pods.get(address)?.window;
      if (window === undefined) {
        ignored += 1;
        continue;
      }
      counts.calls = begunOf(load, isIssuedCounted);
      counts.succeeded = load.succeeded;
      counts.failed = load.failed;
      counts.inFlightMs = inFlightMsOf(load, intervalMs);
      counts.seenInFlight = load.inProgress;
      window.add(counts, spread);
      addCounts(sum, counts);
      from ??= this.#callerLoad(caller);
      if (address !== '') this.#cellOf(from, address)?.add(counts, spread);
    }
    // Once for all localities, of which there are as many as pods.
    this.all.add(sum, spread);
    from?.window.add(sum, spread);
    return ignored;
  }

  /** There is no such Service any more: what is held of it is no more than others may have. */
  close(): void {
    this.#room.callers -= this.callers.size;
    for (const { pods } of this.callers.values()) this.#room.cells -= pods.size;
  }

  /** A slot of time is over. */
  rotate(nowMs: number): void {
    this.all.rotate();
    this.withoutPod.rotate();
    for (const [address, { window, goneAt, isEjected }] of this.pods) {
      window.rotate();
      if (goneAt !== undefined && !isEjected && nowMs - goneAt > afterlifeMs) this.pods.delete(address);
    }
    for (const [key, caller] of this.callers) {
      caller.window.rotate();
      caller.idleSlots = caller.window.isIdle ? caller.idleSlots + 1 : 0;
      for (const [address, cell] of caller.pods) {
        cell.rotate();
        if (!cell.isIdle) continue;
        caller.pods.delete(address);
        this.#room.cells -= 1;
      }
      if (caller.idleSlots > forgottenAfter && this.callers.delete(key)) this.#room.callers -= 1;
    }
  }

  #cellOf({ pods }: CallerLoad, address: string): Window | undefined {
    const known = pods.get(address);
    if (known !== undefined || this.#room.cells >= maxCells) return known;
    const cell = new Window();
    pods.set(address, cell);
    this.#room.cells += 1;
    return cell;
  }

  #callerLoad(caller: Caller): CallerLoad {
    const key = callerKey(caller);
    const known = this.callers.get(key);
    if (known !== undefined) return known;
    const other: Caller = { namespace: unknown, workload: unknown, zone: unknown };
    const isFull = this.callers.size >= maxCallers || this.#room.callers >= maxCallersOfAll;
    if (isFull && key !== callerKey(other)) return this.#callerLoad(other);
    const added = { caller, window: new Window(), pods: new Map<string, Window>(), idleSlots: 0 };
    this.callers.set(key, added);
    this.#room.callers += 1;
    return added;
  }
}
