import { messageOf } from '../../../base/errors.ts';
import { type Dial, type DialAddress, nameOfAddress } from '../../target/dial.ts';
import type { WireAnswer, WireCall } from './call.ts';
import { type ConnectedOwner, connectWire } from './connect.ts';
import type { WireConnection } from './connection.ts';
import { noHeaders } from './headers.ts';
import type { EncodedRequest } from './request.ts';

/** gRPC, doc/connection-backoff.md. */
const backoff = { firstMs: 1_000, factor: 1.6, longestMs: 120_000, jitter: 0.2 };
/** From one connection that carried nothing to the next: a server that only closes them must not be called in a loop. */
const leastSpacingMs = 100;

export interface SlotOwner {
  /** A connection is there, or there will be none for a while. */
  changed(): void;
  ended(call: WireCall, answer: WireAnswer): void;
  unprocessed(call: WireCall, wasSent: boolean, why: string): void;
}

/**
 * Keeps one connection to one address. The next one is opened when the old one takes no more calls, while those on it go on.
 * A failed attempt is repeated as gRPC channels do: after 1 s, then 1.6 times as long each time, up to 2 min.
 */
export class Slot implements ConnectedOwner {
  readonly #address: DialAddress;
  readonly #dial: Dial;
  readonly #request: EncodedRequest;
  readonly #connectMs: number;
  readonly #owner: SlotOwner;
  readonly #closed = new AbortController();
  /** Connections that take no more calls. */
  readonly #draining = new Set<WireConnection>();
  #connection: WireConnection | undefined;
  #beganAt = 0;
  #hasAnswered = false;
  #nextBackoffMs = backoff.firstMs;
  #timer: NodeJS.Timeout | undefined;
  #failure: string | undefined;

  constructor(address: DialAddress, dial: Dial, request: EncodedRequest, connectMs: number, owner: SlotOwner) {
    this.#address = address;
    this.#dial = dial;
    this.#request = request;
    this.#connectMs = connectMs;
    this.#owner = owner;
  }

  get name(): string {
    return nameOfAddress(this.#address);
  }

  /** The connection that takes calls. */
  get connection(): WireConnection | undefined {
    return this.#connection;
  }

  /** Why the last attempt failed; undefined where there is a connection, or one is on its way for the first time. */
  get failure(): string | undefined {
    return this.#failure;
  }

  /** Opens the connection; resolves when that has succeeded or failed. */
  async connect(): Promise<void> {
    this.#beganAt = performance.now();
    this.#hasAnswered = false;
    try {
      const limits = { withinMs: this.#connectMs, signal: this.#closed.signal };
      const connection = await connectWire(this.#dial, this.#address, this.#request, this, limits);
      // It may have come and gone in the same turn.
      if (this.#closed.signal.aborted || !connection.isUsable) return;
      this.#connection = connection;
      this.#failure = undefined;
      this.#nextBackoffMs = backoff.firstMs;
    } catch (thrown) {
      if (this.#closed.signal.aborted) return;
      this.#failure = messageOf(thrown);
      const spread = 1 + backoff.jitter * (2 * Math.random() - 1);
      this.#connectIn(this.#nextBackoffMs * spread);
      this.#nextBackoffMs = Math.min(this.#nextBackoffMs * backoff.factor, backoff.longestMs);
    }
    this.#owner.changed();
  }

  /** Calls that are under way go on; there will be no others. */
  leave(why: string): void {
    this.#closed.abort();
    clearTimeout(this.#timer);
    const connection = this.#connection;
    this.#connection = undefined;
    if (connection === undefined) return;
    this.#draining.add(connection);
    connection.leave(why);
  }

  /** Cuts off everything. */
  close(): void {
    this.#closed.abort();
    clearTimeout(this.#timer);
    for (const connection of [...this.#draining]) connection.close();
    this.#connection?.close();
  }

  leaving(connection: WireConnection, isWorking: boolean): void {
    if (this.#closed.signal.aborted) return;
    this.#draining.add(connection);
    this.#connection = undefined;
    const waitMs = this.#hasAnswered || isWorking ? 0 : leastSpacingMs - (performance.now() - this.#beganAt);
    if (waitMs <= 0) void this.connect();
    else this.#connectIn(waitMs);
  }

  ended(call: WireCall, answer: WireAnswer): void {
    if (answer.headers !== noHeaders) this.#hasAnswered = true;
    this.#owner.ended(call, answer);
  }

  unprocessed(call: WireCall, wasSent: boolean, why: string): void {
    this.#owner.unprocessed(call, wasSent, why);
  }

  closed(connection: WireConnection): void {
    this.#draining.delete(connection);
  }

  #connectIn(ms: number): void {
    this.#timer = setTimeout(() => void this.connect(), ms);
    this.#timer.unref();
  }
}
