import type { Held } from '../engine.ts';
import type { Headers } from './headers.ts';
import { noHeaders } from './headers.ts';
import type { Expectation } from './response.ts';

/** What came back of one call. */
export interface WireAnswer {
  /** gRPC status as a number. */
  readonly status: number;
  /** Undefined: OK. */
  readonly error: string | undefined;
  readonly headers: Headers;
  readonly trailers: Headers;
  /** The first message, where it was asked for. */
  readonly message: Buffer | undefined;
  /** `HOST:PORT` of the connection that the call was last on. */
  readonly peer: string | undefined;
}

/** What holds a call: a connection, or those who wait for one. */
export interface Holder {
  /** Messages of its answer that have come. */
  messages(call: WireCall): number;
  /** The call is over: what is known of it is forgotten. */
  drop(call: WireCall): void;
}

export type OnAnswer = (answer: WireAnswer, held: Held | undefined) => void;

/** A call from its beginning to its end, over all its attempts. */
export class WireCall {
  readonly expectation: Expectation;
  readonly expiresAt: number;
  readonly #onAnswer: OnAnswer;
  /** A server has refused it unprocessed: gRPC tries such a call once more and not twice (gRFC A6, "Transparent Retries"). */
  wasRefused = false;
  holder: Holder | undefined;
  /** On its connection; 0: not begun there. */
  streamId = 0;
  peer: string | undefined;
  /** It had to wait on its connection until the server took one more. */
  held: Held | undefined;

  /** Its place among those that are open, which {@link Deadlines} keeps. */
  isOpen = false;
  older: WireCall | undefined;
  newer: WireCall | undefined;

  constructor(expectation: Expectation, expiresAt: number, onAnswer: OnAnswer) {
    this.expectation = expectation;
    this.expiresAt = expiresAt;
    this.#onAnswer = onAnswer;
  }

  end(answer: WireAnswer): void {
    this.#onAnswer(answer, this.held);
  }
}

export function failure(call: WireCall, status: number, error: string): WireAnswer {
  return { status, error, headers: noHeaders, trailers: noHeaders, message: undefined, peer: call.peer };
}
