import { randomInt } from 'node:crypto';
import { type Clock, systemClock } from '../../base/clock.ts';
import { EvenkeelError, messageOf } from '../../base/errors.ts';
import { formatAddress } from '../../base/listen-address.ts';
import {
  canonicalName,
  type DnsAnswer,
  decodeReply,
  encodeQuery,
  maxAliases,
  type Question,
  type Reply,
} from './dns-message.ts';
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

  /** @param aliases - names that led here, each an alias of the next */
  async #ask(question: Question, signal: AbortSignal, aliases: readonly string[] = []): Promise<DnsAnswer> {
    const reasons = new Map<string, string>();
    const first = this.#preferred;
    let negative: { readonly answer: DnsAnswer; readonly index: number } | undefined;
    for (let round = 0; round < this.#attempts && negative === undefined; round++) {
      for (let offset = 0; offset < this.#servers.length; offset++) {
        const index = (first + offset) % this.#servers.length;
        const server = this.#servers[index]!;
        // What has EDNS is dropped on some ways, so the second round does without.
        const outcome = await this.#askServer(server, question, round === 0, signal);
        if (outcome.kind === 'answer') {
          const { answer } = outcome;
          // "No such name" of one server takes all endpoints away, so the others are heard before it is believed.
          if (question.type === 'SRV' && answer.kind !== 'records') {
            negative ??= { answer, index };
            continue;
          }
          this.#preferred = index;
          return answer;
        }
        if (outcome.kind === 'alias') return this.#askAlias(outcome.target, question, signal, aliases);
        reasons.set(formatAddress(server.host, server.port), outcome.reason);
      }
    }
    if (negative !== undefined) {
      this.#preferred = negative.index;
      return negative.answer;
    }
    const said = [...reasons].map(([server, reason]) => `${server}: ${reason}`).join('; ');
    throw failed(question, said);
  }

  #askAlias(
    target: string,
    { name, type }: Question,
    signal: AbortSignal,
    aliases: readonly string[],
  ): Promise<DnsAnswer> {
    const names = [...aliases, name];
    if (names.some((one) => canonicalName(one) === target) || names.length > maxAliases) {
      throw failed({ name: names[0]!, type }, 'its aliases lead in a circle or do not end');
    }
    return this.#ask({ name: target, type }, signal, names);
  }

  /** The answer, or why there is none. */
  async #askServer(
    server: DnsServer,
    question: Question,
    withEdns: boolean,
    signal: AbortSignal,
  ): Promise<Extract<Reply, { kind: 'answer' | 'alias' | 'failed' }>> {
    let exchange = exchangeUdp;
    let edns = withEdns;
    // At most once each: without EDNS, then over TCP.
    for (let step = 0; step < 3; step++) {
      let reply: Reply;
      try {
        reply = await this.#exchange(exchange, server, question, edns, signal);
      } catch (error) {
        signal.throwIfAborted();
        const reason = (error as NodeJS.ErrnoException).code ?? messageOf(error);
        return failure(exchange === exchangeTcp ? `cut short, and over TCP: ${reason}` : reason);
      }
      switch (reply.kind) {
        case 'answer':
        case 'alias':
        case 'failed':
          return reply;
        case 'truncated':
          if (exchange === exchangeTcp) return failure('cut short over TCP');
          exchange = exchangeTcp;
          break;
        default:
          if (!edns) return failure('the server cannot read the question');
          edns = false;
      }
    }
    return failure('no usable answer');
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

function failed({ type, name }: Question, why: string): EvenkeelError {
  return new EvenkeelError('EK_DNS_FAILED', `no usable answer for ${type} ${name} (${why})`);
}

function failure(reason: string): { readonly kind: 'failed'; readonly reason: string } {
  return { kind: 'failed', reason };
}
