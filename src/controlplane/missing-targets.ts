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
  /** By stream: what was told, and how to call off the next look. */
  readonly #streams = new Map<number, { readonly told: Set<string>; cancel: (() => void) | undefined }>();
  #told = 0;

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
    if (this.#streams.get(stream.id)?.told.delete(keptOf(listener))) this.#told -= 1;
    this.#lookAt(stream);
  }

  #lookAt(stream: StreamInfo): void {
    const known = this.#streams.get(stream.id) ?? { told: new Set<string>(), cancel: undefined };
    this.#streams.set(stream.id, known);
    if (known.cancel !== undefined || known.told.size >= maxToldPerStream) return;
    known.cancel = this.#clock.after(graceMs, () => {
      known.cancel = undefined;
      this.#look(stream, known.told);
    });
  }

  closed({ id }: StreamInfo): void {
    const known = this.#streams.get(id);
    if (known === undefined) return;
    known.cancel?.();
    this.#told -= known.told.size;
    this.#streams.delete(id);
  }

  #look({ id, peer, node, group }: StreamInfo, told: Set<string>): void {
    const { resourcesOf, why, metrics } = this.#options;
    // Gateways have listeners of their own, which are no targets.
    const namespace = group === undefined ? undefined : describeGroup(group).namespace;
    if (namespace === undefined) return;
    for (const { typeUrl, name, version } of resourcesOf(id) ?? []) {
      if (typeUrl !== typeUrls.listener || version !== undefined || told.has(keptOf(name))) continue;
      const reason = why(name, namespace);
      if (reason === undefined) continue;
      if (told.size >= maxToldPerStream || this.#told >= maxTold) return;
      told.add(keptOf(name));
      this.#told += 1;
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
