import { randomInt } from 'node:crypto';
import { type Clock, systemClock } from '../../base/clock.ts';
import { EvenkeelError, messageOf } from '../../base/errors.ts';
import { formatAddress } from '../../base/listen-address.ts';
import { type DnsAnswer, decodeReply, encodeQuery, type Question, type Reply } from './dns-message.ts';
import type { DnsServer } from './dns-server.ts';
import { type Exchange, exchangeTcp, exchangeUdp } from './dns-transport.ts';

/** Each query in flight has a socket; further ones wait. */
const defaultMaxInFlight = 64;

export interface DnsClientOptions {
  /** In order of preference, at least one. */
  readonly servers: readonly DnsServer[];
  /** How long one server may take over one transport, in milliseconds. */
  readonly timeoutMs: number;
  /** How often all servers are gone through. */
  readonly attempts: number;
  readonly clock?: Clock | undefined;
  /** Default 64. */
  readonly maxInFlight?: number | undefined;
}

/** Whoever answers questions; what fails is thrown. */
export interface DnsResolver {
  /** @throws EvenkeelError `EK_DNS_FAILED`, or the reason that `signal` was aborted with */
  query(question: Question, signal: AbortSignal): Promise<DnsAnswer>;
}

/** Asks DNS servers over UDP, and over TCP where an answer was truncated. */
export class DnsClient implements DnsResolver {
  readonly #servers: readonly DnsServer[];
  readonly #timeoutMs: number;
  readonly #attempts: number;
  readonly #clock: Clock;
  #free: number;
  readonly #waiting: (() => void)[] = [];
  /** The server that answered last: one that is down costs its time-out once, not at every question. */
  #preferred = 0;

  constructor({ servers, timeoutMs, attempts, clock, maxInFlight }: DnsClientOptions) {
    this.#servers = servers;
    this.#timeoutMs = timeoutMs;
    this.#attempts = attempts;
    this.#clock = clock ?? systemClock;
    this.#free = maxInFlight ?? defaultMaxInFlight;
  }

  async query(question: Question, signal: AbortSignal): Promise<DnsAnswer> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await this.#ask(question, signal);
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free += 1;
      else next();
    }
  }

  async #ask(question: Question, signal: AbortSignal): Promise<DnsAnswer> {
    const reasons = new Map<string, string>();
    const first = this.#preferred;
    for (let round = 0; round < this.#attempts; round++) {
      for (let offset = 0; offset < this.#servers.length; offset++) {
        const index = (first + offset) % this.#servers.length;
        const server = this.#servers[index]!;
        const outcome = await this.#askServer(server, question, signal);
        if (typeof outcome !== 'string') {
          this.#preferred = index;
          return outcome;
        }
        reasons.set(formatAddress(server.host, server.port), outcome);
      }
    }
    const said = [...reasons].map(([server, reason]) => `${server}: ${reason}`).join('; ');
    throw new EvenkeelError('EK_DNS_FAILED', `no usable answer for ${question.type} ${question.name} (${said})`);
  }

  /** The answer, or why there is none. */
  async #askServer(server: DnsServer, question: Question, signal: AbortSignal): Promise<DnsAnswer | string> {
    let exchange = exchangeUdp;
    let edns = true;
    // At most once each: without EDNS, then over TCP.
    for (let step = 0; step < 3; step++) {
      let reply: Reply;
      try {
        reply = await this.#exchange(exchange, server, question, edns, signal);
      } catch (error) {
        signal.throwIfAborted();
        return (error as NodeJS.ErrnoException).code ?? messageOf(error);
      }
      if (reply.kind === 'answer') return reply.answer;
      if (reply.kind === 'failed') return reply.reason;
      if (reply.kind === 'truncated' && exchange === exchangeUdp) exchange = exchangeTcp;
      else if (reply.kind === 'no-edns' && edns) edns = false;
      else return reply.kind === 'truncated' ? 'truncated over TCP' : 'the server cannot read the question';
    }
    return 'no usable answer';
  }

  async #exchange(
    exchange: Exchange,
    server: DnsServer,
    question: Question,
    edns: boolean,
    signal: AbortSignal,
  ): Promise<Reply> {
    const id = randomInt(65_536);
    const giveUp = new AbortController();
    const forward = (): void => giveUp.abort(signal.reason);
    if (signal.aborted) forward();
    signal.addEventListener('abort', forward, { once: true });
    const cancel = this.#clock.after(this.#timeoutMs, () =>
      giveUp.abort(new Error(`no answer in ${this.#timeoutMs} ms`)),
    );
    try {
      return await exchange(
        server,
        encodeQuery(id, question, edns),
        (message) => decodeReply(message, id, question),
        giveUp.signal,
      );
    } finally {
      cancel();
      signal.removeEventListener('abort', forward);
    }
  }
}
