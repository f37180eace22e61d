import type { ClusterLoad } from '@evenkeel/xds';
import { ManualClock } from '../../base/clock.ts';
import { mulberry32 } from '../../base/random.ts';
import { conservative, type EjectionSettings } from '../../model/ejection-settings.ts';
import { Ejector } from '../ejector.ts';
import type { EjectionChange } from '../port-ejection.ts';

/** What a pod does with a call: it takes so long, and ends well or not; undefined: it never answers. */
export type Answer = { readonly ms: number; readonly ok: boolean } | undefined;

export interface SimulatedClient {
  readonly callsPerSecond: number;
  /** Default 1,000. */
  readonly intervalMs?: number;
  /** Default 1,000. */
  readonly deadlineMs?: number;
  /** Whether it reaches anything at this time; default: always. */
  readonly hasNetwork?: (atMs: number) => boolean;
  /** Whether it counts calls that begin; default true. */
  readonly countsIssued?: boolean;
}

/** A client that reports what is not so. */
export interface Liar {
  /** Where it connects from; default `liar`. */
  readonly from?: string;
  /** Default 1,000. */
  readonly everyMs?: number;
  readonly says: (pods: readonly string[]) => readonly ({ readonly pod: string } & Partial<Counted>)[];
}

export interface FleetOptions {
  readonly pods: readonly string[];
  readonly clients: readonly SimulatedClient[];
  readonly answer: (pod: string, atMs: number, random: () => number, client: number) => Answer;
  readonly settings?: EjectionSettings;
  readonly seed?: number;
  /** How long a client takes to go by a new assignment; default 20. */
  readonly delayMs?: number;
}

interface Call {
  readonly client: Sender;
  readonly pod: string;
  readonly ok: boolean;
}

interface Counted {
  issued: number;
  succeeded: number;
  failed: number;
  inProgress: number;
}

interface Sender {
  readonly id: number;
  readonly is: Required<SimulatedClient>;
  readonly phaseMs: number;
  owed: number;
  next: number;
  reportedAt: number;
  readonly counts: Map<string, Counted>;
}

const stepMs = 10;
const cluster = 'shop/orders:80';

/**
 * Clients that call pods in turn and report once an interval, each with an ejector that hears them: in steps of 10 ms, on a
 * clock of its own.
 */
export class SimulatedFleet {
  readonly clock = new ManualClock();
  readonly random: () => number;
  /** Pods that were ejected and that came back, in order. */
  readonly changes: (EjectionChange & { readonly atMs: number })[] = [];
  lost = 0;
  calls = 0;
  readonly #options: FleetOptions;
  readonly #senders: Sender[];
  #ejector: Ejector;
  /** Calls by the step in which they end. */
  readonly #ends = new Map<number, Call[]>();
  #pods: readonly string[];
  #published: readonly string[];
  readonly out = new Set<string>();

  constructor(options: FleetOptions) {
    this.#options = options;
    this.random = mulberry32(options.seed ?? 1);
    this.#ejector = new Ejector({ clock: this.clock, changed: (_cluster, changes) => this.#changed(changes) });
    this.#pods = this.#published = options.pods;
    this.#tellPods();
    this.#senders = options.clients.map((client, id) => {
      const is = { intervalMs: 1_000, deadlineMs: 1_000, hasNetwork: () => true, countsIssued: true, ...client };
      this.#open(id, is);
      const phaseMs = Math.floor((this.random() * is.intervalMs) / stepMs) * stepMs;
      return { id, is, phaseMs, owed: this.random(), next: id, reportedAt: 0, counts: new Map() };
    });
  }

  get pods(): readonly string[] {
    return this.#pods;
  }

  /** Pods that were ejected so far, each once a time. */
  get ejections(): string[] {
    return this.changes.filter(({ ejected }) => ejected !== undefined).map(({ address }) => address);
  }

  /** Discovery has these pods now. */
  setPods(pods: readonly string[]): void {
    this.#pods = pods;
    this.#tellPods();
    this.#publish();
  }

  /** The control plane ends and starts: what was heard is forgotten, and with it what was ejected. */
  restart(): void {
    this.#ejector.close();
    this.out.clear();
    this.#ejector = new Ejector({ clock: this.clock, changed: (_cluster, changes) => this.#changed(changes) });
    this.#tellPods();
    for (const { id, is, counts } of this.#senders) {
      this.#open(id, is);
      for (const counted of counts.values()) counted.issued = counted.succeeded = counted.failed = 0;
    }
    this.#publish();
  }

  /** A client that makes no call says whatever it likes, as often as it likes, through a stream of its own. */
  lie(id: number, { from = 'liar', everyMs = 1_000, says }: Liar): void {
    this.#ejector.opened(id, { intervalMs: 1_000, isIssuedCounted: true, from });
    const again = (): void => {
      const localities = says(this.#pods).map(({ pod, ...counts }) => ({
        locality: { region: '', zone: '', subZone: pod },
        ...{ priority: 0, issued: 0, succeeded: 0, failed: 0, inProgress: 0, ...counts },
      }));
      this.#ejector.report(id, [{ name: cluster, serviceName: '', intervalMs: 1_000, dropped: 0, localities }]);
      this.clock.after(everyMs, again);
    };
    again();
  }

  #open(id: number, { intervalMs, countsIssued }: Required<SimulatedClient>): void {
    this.#ejector.opened(id, { intervalMs, isIssuedCounted: countsIssued, from: `client-${id}` });
  }

  run(ms: number, each: () => void = () => {}): this {
    for (let end = this.clock.now() + ms; this.clock.now() < end; ) {
      this.clock.advance(stepMs);
      each();
      this.#end();
      for (const sender of this.#senders) this.#step(sender);
    }
    return this;
  }

  #changed(changes: readonly EjectionChange[]): void {
    for (const change of changes) {
      this.changes.push({ ...change, atMs: this.clock.now() });
      if (change.ejected === undefined) this.out.delete(change.address);
      else this.out.add(change.address);
    }
    this.#publish();
  }

  #tellPods(): void {
    const { settings = conservative } = this.#options;
    this.#ejector.serviceChanged(
      cluster,
      this.#pods.map((address) => ({ address })),
      settings,
    );
  }

  #publish(): void {
    this.clock.after(this.#options.delayMs ?? 20, () => {
      this.#published = this.#pods.filter((pod) => !this.out.has(pod));
    });
  }

  #step(sender: Sender): void {
    const now = this.clock.now();
    const { callsPerSecond, deadlineMs, hasNetwork, intervalMs } = sender.is;
    sender.owed += (callsPerSecond * stepMs) / 1_000;
    for (; sender.owed >= 1; sender.owed -= 1) {
      if (this.#published.length === 0) continue;
      const pod = this.#published[sender.next++ % this.#published.length]!;
      const answer = hasNetwork(now) ? this.#options.answer(pod, now, this.random, sender.id) : undefined;
      const isInTime = answer !== undefined && answer.ms <= deadlineMs;
      const at = Math.floor((now + (isInTime ? answer.ms : deadlineMs)) / stepMs);
      const due = this.#ends.get(at) ?? [];
      this.#ends.set(at, due);
      due.push({ client: sender, pod, ok: isInTime && answer.ok });
      const counted = countsOf(sender, pod);
      counted.issued += 1;
      counted.inProgress += 1;
      this.calls += 1;
    }
    this.#end();
    if ((now + sender.phaseMs) % intervalMs === 0) this.#report(sender);
  }

  #end(): void {
    const at = Math.floor(this.clock.now() / stepMs);
    for (const { client, pod, ok } of this.#ends.get(at) ?? []) {
      const counted = countsOf(client, pod);
      counted.inProgress -= 1;
      counted[ok ? 'succeeded' : 'failed'] += 1;
      if (!ok) this.lost += 1;
    }
    this.#ends.delete(at);
  }

  #report(sender: Sender): void {
    const localities = [...sender.counts].map(([subZone, counted]) => ({
      locality: { region: '', zone: '', subZone },
      priority: 0,
      ...counted,
      issued: sender.is.countsIssued ? counted.issued : 0,
    }));
    for (const [pod, counted] of sender.counts) {
      if (counted.inProgress === 0) sender.counts.delete(pod);
      else sender.counts.set(pod, { issued: 0, succeeded: 0, failed: 0, inProgress: counted.inProgress });
    }
    if (localities.length === 0) return;
    const report: ClusterLoad = {
      name: cluster,
      serviceName: '',
      intervalMs: sender.is.intervalMs,
      dropped: 0,
      localities,
    };
    this.#ejector.report(sender.id, [report]);
  }
}

function countsOf(sender: Sender, pod: string): Counted {
  let counted = sender.counts.get(pod);
  if (counted === undefined) {
    counted = { issued: 0, succeeded: 0, failed: 0, inProgress: 0 };
    sender.counts.set(pod, counted);
  }
  return counted;
}
