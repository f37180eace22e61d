import { type Dial, type DialAddress, nameOfAddress } from '../../target/dial.ts';
import { failure, type Holder, type OnAnswer, type WireAnswer, WireCall } from './call.ts';
import { Deadlines } from './deadlines.ts';
import { status } from './grpc-status-of.ts';
import { type EncodedRequest, maxWholeBytes } from './request.ts';
import type { Expectation } from './response.ts';
import { Slot, type SlotOwner } from './slot.ts';

export interface PoolOptions {
  readonly dial: Dial;
  readonly request: EncodedRequest;
  /** To each address. */
  readonly connections: number;
  readonly deadlineMs: number;
  readonly connectMs: number;
}

/**
 * Connections to all addresses, and the calls that are under way on them or wait for one. Does as gRPC's `round_robin`: each
 * call takes the next connection that is there; where there is none, it waits as long as one is on its way, and fails with the
 * reason where the last attempts failed.
 */
export class Pool implements SlotOwner, Holder {
  readonly #options: PoolOptions;
  readonly #slots: Slot[] = [];
  readonly #waiting = new Set<WireCall>();
  readonly #deadlines = new Deadlines((call) => this.#expired(call));
  #turn = 0;

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  /** Whether there is a connection to every address. */
  get isWhole(): boolean {
    return this.#slots.every(({ connection }) => connection !== undefined);
  }

  /** Why there is no connection at all; undefined: there is one, or one is on its way. */
  get failure(): string | undefined {
    const hasFailed = ({ connection, failure }: Slot): boolean => connection === undefined && failure !== undefined;
    return this.#slots.every(hasFailed) ? (this.#slots[0]?.failure ?? 'there is no address to connect to') : undefined;
  }

  /** Connects to these addresses and leaves all others; resolves when every new connection is there or has failed. */
  async follow(addresses: readonly DialAddress[]): Promise<void> {
    const wanted = new Map(addresses.map((address) => [nameOfAddress(address), address]));
    const kept = this.#slots.filter(({ name }) => wanted.has(name));
    const left = this.#slots.filter(({ name }) => !wanted.has(name));
    for (const { name } of kept) wanted.delete(name);
    const { dial, request, connectMs, connections } = this.#options;
    const added = [...wanted.values()].flatMap((address) =>
      Array.from({ length: connections }, () => new Slot(address, dial, request, connectMs, this)),
    );
    this.#slots.splice(0, this.#slots.length, ...kept, ...added);
    this.#turn = 0;
    for (const slot of left) slot.leave('the address is none of the target any more');
    await Promise.all(added.map((slot) => slot.connect()));
  }

  /** @param now - `performance.now()` */
  begin(expectation: Expectation, now: number, onAnswer: OnAnswer): void {
    const call = new WireCall(expectation, now + this.#options.deadlineMs, onAnswer);
    this.#deadlines.add(call);
    this.#place(call);
  }

  messages(): number {
    return 0;
  }

  drop(call: WireCall): void {
    this.#waiting.delete(call);
  }

  changed(): void {
    for (const call of [...this.#waiting]) {
      this.#waiting.delete(call);
      this.#place(call);
    }
  }

  ended(call: WireCall, answer: WireAnswer): void {
    if (this.#deadlines.delete(call)) call.end(answer);
  }

  unprocessed(call: WireCall, wasSent: boolean, why: string): void {
    if (wasSent && call.wasRefused) {
      this.ended(call, failure(call, status.unavailable, why));
      return;
    }
    if (wasSent) call.wasRefused = true;
    this.#place(call);
  }

  /** Ends everything at once; calls that are under way are cancelled. */
  close(): void {
    const open = this.#deadlines.clear();
    for (const slot of this.#slots) slot.close();
    for (const call of open) call.end(failure(call, status.cancelled, 'this program ended the call'));
  }

  #place(call: WireCall): void {
    for (let tried = 0; tried < this.#slots.length; tried += 1) {
      const { connection } = this.#slots[this.#turn]!;
      this.#turn = (this.#turn + 1) % this.#slots.length;
      if (connection?.isUsable === true) {
        connection.begin(call);
        return;
      }
    }
    const why = this.failure;
    if (why === undefined) {
      call.holder = this;
      this.#waiting.add(call);
    } else setImmediate(() => this.ended(call, failure(call, status.unavailable, `no connection: ${why}`)));
  }

  #expired(call: WireCall): void {
    const error = this.#whyLate(call);
    call.holder?.drop(call);
    call.end(failure(call, status.deadlineExceeded, error));
  }

  #whyLate(call: WireCall): string {
    const { holder, streamId } = call;
    const { deadlineMs, request } = this.#options;
    if (holder === this) return `no connection within ${deadlineMs} ms`;
    if (streamId === 0) return `it could not be sent within ${deadlineMs} ms: the server takes no more calls at once`;
    const messages = holder?.messages(call) ?? 0;
    if (messages > 0) {
      return `the answer did not end within ${deadlineMs} ms: ${messages} ${messages === 1 ? 'message' : 'messages'} came`;
    }
    const isLarge = request.body.length > maxWholeBytes;
    return `no answer within ${deadlineMs} ms${isLarge ? `, or ${request.body.length} bytes could not be sent` : ''}`;
  }
}
