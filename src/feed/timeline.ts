import type { EventRow, TimelineKind } from './rows.ts';

/** Events of one port that are kept. */
const keptEvents = 60;
/** Ports that events are kept of; those of the port that has been quiet longest go. */
const keptPorts = 2_000;

/** A pod that clients are sent to. */
export interface TimelinePod {
  /** `ADDRESS:PORT` */
  readonly address: string;
  readonly pod: string | undefined;
}

/** What happened to each Service port lately: pods that came, went, were ejected, and verdicts. Bounded. */
export class Timeline {
  /** The port with the newest event is last. */
  readonly #events = new Map<string, EventRow[]>();
  /** Names of the pods of each port, by address. */
  readonly #pods = new Map<string, ReadonlyMap<string, string>>();
  readonly #verdicts = new Map<string, string>();
  readonly #ejected = new Map<string, ReadonlyMap<string, string>>();
  readonly #now: () => number;
  #nextId = 0;

  /** @param now - milliseconds since 1970 */
  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /**
   * The pods that clients of a port are sent to are these; those that it is seen with first did not come.
   *
   * @param left - why others are left out, by address, where that is known
   */
  pods(port: string, pods: Iterable<TimelinePod>, left?: ReadonlyMap<string, string>): void {
    const names = new Map<string, string>();
    for (const { address, pod } of pods) names.set(address, pod ?? address);
    const before = this.#pods.get(port);
    this.#pods.set(port, names);
    if (before === undefined) return;
    for (const [address, name] of names) {
      // A pod that has the address of another one that is gone is a new one.
      if (before.get(address) !== name) this.#add(port, 'came', name, address === name ? '' : address);
    }
    for (const [address, name] of before) {
      if (names.get(address) === name) continue;
      const details = [address === name ? '' : address, left?.get(address) ?? ''];
      this.#add(port, 'went', name, details.filter((detail) => detail !== '').join(', '));
    }
  }

  /** The verdict on a port is this. */
  verdict(port: string, verdict: string, why: string): void {
    const before = this.#verdicts.get(port);
    this.#verdicts.set(port, verdict);
    if (before !== undefined && before !== verdict) this.#add(port, 'verdict', verdict, why);
  }

  /** These pods of a port get no calls, by name; and why. */
  ejected(port: string, pods: ReadonlyMap<string, string>): void {
    const before = this.#ejected.get(port);
    if (pods.size === 0 && before === undefined) return;
    for (const [name, why] of pods) if (before?.has(name) !== true) this.#add(port, 'ejected', name, why);
    // Of a pod that is gone the ejection ends as well.
    const present = new Set(this.#pods.get(port)?.values());
    for (const name of before?.keys() ?? []) {
      if (!pods.has(name) && present.has(name)) this.#add(port, 'returned', name, '');
    }
    if (pods.size === 0) this.#ejected.delete(port);
    else this.#ejected.set(port, pods);
  }

  /** There is no such port any more. */
  removed(port: string): void {
    for (const known of [this.#events, this.#pods, this.#verdicts, this.#ejected]) known.delete(port);
  }

  /** The newest first. */
  of(port: string): readonly EventRow[] {
    return this.#events.get(port)?.toReversed() ?? [];
  }

  #add(port: string, what: TimelineKind, subject: string, why: string): void {
    const events = this.#events.get(port) ?? [];
    events.push({ key: `event ${this.#nextId++}`, kind: 'event', atMs: Math.round(this.#now()), what, subject, why });
    if (events.length > keptEvents) events.shift();
    this.#events.delete(port);
    this.#events.set(port, events);
    if (this.#events.size > keptPorts) this.#events.delete(this.#events.keys().next().value!);
  }
}
