import { type ClientResource, type StreamInfo, typeUrls } from '@evenkeel/xds';
import { type Clock, systemClock } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import type { Metrics } from './metrics.ts';
import { describeGroup } from './node-group.ts';
import { PeerLog } from './peer-log.ts';

/** What is asked for before its Service is known, at the start of both, is no mistake. */
const graceMs = 1_000;
/** A client that asks for ever new names fills no log. */
const maxToldPerStream = 100;
/** Nor do thousands of streams fill the memory with what they were told: beyond it nothing is told until some are over. */
const maxTold = 10_000;
/** Streams that are looked at in a turn of the event loop. */
const looksAtOnce = 100;

export interface MissingTargetsOptions {
  /** What a stream asked for and was sent; undefined where it is over. */
  readonly resourcesOf: (streamId: number) => readonly Omit<ClientResource, 'state'>[] | undefined;
  /** Why a listener is not served to clients of a namespace; undefined where it is. */
  readonly why: (listener: string, namespace: string) => string | undefined;
  readonly metrics: Metrics;
  readonly log: Logger;
  /** Default: the system's. */
  readonly clock?: Clock | undefined;
}

/** Logs which targets a client asks for in vain, and why: once a stream for each time that a target is not there. */
export class MissingTargets {
  readonly #options: MissingTargetsOptions;
  readonly #clock: Clock;
  readonly #peers: PeerLog;
  /** Streams that asked for something, and when it is looked at, on the clock: in this order. */
  readonly #due = new Map<number, { readonly stream: StreamInfo; readonly atMs: number }>();
  #awaitsDue = false;
  /** What each stream was told. */
  readonly #told = new Map<number, Set<string>>();
  #toldOfAll = 0;

  constructor(options: MissingTargetsOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#peers = new PeerLog(options.log, options.metrics, this.#clock);
  }

  /** The stream asked for something; what of it is not there is looked at a second later. */
  asked(stream: StreamInfo, typeUrl: string): void {
    if (typeUrl === typeUrls.listener) this.#lookAt(stream);
  }

  /** A listener that the stream asks for exists no longer. */
  withdrawn(stream: StreamInfo, listener: string): void {
    if (this.#told.get(stream.id)?.delete(keptOf(listener))) this.#toldOfAll -= 1;
    this.#lookAt(stream);
  }

  closed({ id }: StreamInfo): void {
    this.#due.delete(id);
    this.#toldOfAll -= this.#told.get(id)?.size ?? 0;
    this.#told.delete(id);
  }

  #lookAt(stream: StreamInfo): void {
    if (this.#due.has(stream.id) || (this.#told.get(stream.id)?.size ?? 0) >= maxToldPerStream) return;
    this.#due.set(stream.id, { stream, atMs: this.#clock.now() + graceMs });
    if (!this.#awaitsDue) this.#lookAfter(graceMs);
  }

  /** Thousands of streams may come in a moment: one timer is for all of them, and some are looked at in a turn. */
  #lookAfter(delayMs: number): void {
    this.#awaitsDue = true;
    this.#clock.after(delayMs, () => {
      this.#awaitsDue = false;
      let looks = 0;
      for (const [id, { stream, atMs }] of this.#due) {
        const waitMs = atMs - this.#clock.now();
        if (waitMs > 0 || looks === looksAtOnce) return this.#lookAfter(Math.max(0, waitMs));
        looks += 1;
        this.#due.delete(id);
        this.#look(stream);
      }
    });
  }

  #look({ id, peer, node, group }: StreamInfo): void {
    const { resourcesOf, why, metrics } = this.#options;
    // Gateways have listeners of their own, which are no targets.
    const namespace = group === undefined ? undefined : describeGroup(group).namespace;
    if (namespace === undefined) return;
    const told = this.#told.get(id) ?? new Set<string>();
    for (const { typeUrl, name, version } of resourcesOf(id) ?? []) {
      if (typeUrl !== typeUrls.listener || version !== undefined || told.has(keptOf(name))) continue;
      const reason = why(name, namespace);
      if (reason === undefined) continue;
      if (told.size >= maxToldPerStream || this.#toldOfAll >= maxTold) return;
      told.add(keptOf(name));
      this.#told.set(id, told);
      this.#toldOfAll += 1;
      metrics.count('evenkeel_xds_names_not_served_total');
      const details = { stream: id, node: node.id, namespace, code: 'EK_NOT_SERVED', target: name, reason };
      this.#peers.write('missing_target', 'warn', peer, details, 'a client asks for a target that is not served');
    }
  }
}

/** A name as it is remembered: of a long one its beginning and its length, so that many of them take little. */
function keptOf(name: string): string {
  return name.length <= 256 ? name : `${name.slice(0, 256)} ${name.length}`;
}
