import { type Clock, systemClock } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import { printable } from '../base/printable.ts';
import type { Metrics } from './metrics.ts';

/** Lines of one kind in a minute; the others are counted, so that no client can fill a disk. */
const linesPerMinute = 60;
/** And of these, lines about one address, so that no client can silence what is said of the others. */
const linesPerAddress = 20;
const minuteMs = 60_000;
/** Characters of one text in a line. */
const textLength = 256;
/** Texts of a list in a line. */
const listLength = 10;

/** What a line is about: a label of a metric, so few and fixed. */
export type PeerLogKind = 'nack' | 'invalid_request' | 'hidden_name' | 'missing_target' | 'refused_connection';

interface Window {
  since: number;
  lines: number;
  leftOut: number;
  readonly byAddress: Map<string, number>;
}

/** Logs what clients do: bounded in lines and in bytes, and nothing in it can move a cursor or forge a line. */
export class PeerLog {
  readonly #log: Logger;
  readonly #metrics: Metrics;
  readonly #clock: Clock;
  readonly #windows = new Map<PeerLogKind, Window>();

  constructor(log: Logger, metrics: Metrics, clock: Clock = systemClock) {
    this.#log = log;
    this.#metrics = metrics;
    this.#clock = clock;
  }

  /** @param peer - address and port of whoever caused it */
  write(kind: PeerLogKind, level: 'warn' | 'error', peer: string, details: object, message: string): void {
    const leftOut = this.#take(kind, addressOf(peer));
    if (leftOut === undefined) {
      this.#metrics.count('evenkeel_log_lines_left_out_total', { kind });
      this.debug(peer, details, message);
    } else {
      this.#log[level]({ peer, ...bounded(details), ...(leftOut > 0 ? { leftOutBefore: leftOut } : {}) }, message);
    }
  }

  /** For levels that somebody has asked for. */
  debug(peer: string, details: object, message: string): void {
    if (this.#log.isLevelEnabled('debug')) this.#log.debug({ peer, ...bounded(details) }, message);
  }

  /** Lines that were left out in the window before, where this one may be written; undefined where it may not. */
  #take(kind: PeerLogKind, address: string): number | undefined {
    const now = this.#clock.now();
    let window = this.#windows.get(kind);
    let leftOutBefore = 0;
    if (window === undefined || now - window.since >= minuteMs) {
      leftOutBefore = window?.leftOut ?? 0;
      window = { since: now, lines: 0, leftOut: 0, byAddress: new Map() };
      this.#windows.set(kind, window);
    }
    const own = window.byAddress.get(address) ?? 0;
    if (window.lines >= linesPerMinute || own >= linesPerAddress) {
      window.leftOut += 1;
      return undefined;
    }
    window.lines += 1;
    window.byAddress.set(address, own + 1);
    return leftOutBefore;
  }
}

function addressOf(peer: string): string {
  return peer.slice(0, Math.max(peer.lastIndexOf(':'), 0));
}

function bounded(details: object): object {
  return Object.fromEntries(
    Object.entries(details).map(([key, value]) => [
      key,
      Array.isArray(value) ? value.slice(0, listLength).map(boundedValue) : boundedValue(value),
    ]),
  );
}

function boundedValue(value: unknown): unknown {
  return typeof value === 'string' ? printable(value, textLength) : value;
}
