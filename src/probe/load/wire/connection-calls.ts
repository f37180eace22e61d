import { type ErrorCode, errorCode, type PeerSettings, rstStreamFrame } from '@evenkeel/xds/http2';
import { failure, type Holder, type WireAnswer, type WireCall } from './call.ts';
import { status } from './grpc-status-of.ts';
import { OpenStreams } from './open-streams.ts';
import type { Outbox } from './outbox.ts';
import type { EncodedRequest } from './request.ts';
import type { Outcome } from './response.ts';
import type { WireStream } from './stream.ts';
import { Uploads } from './uploads.ts';
import { WaitingCalls } from './waiting-calls.ts';
import type { SendWindow } from './windows.ts';

/** What becomes of calls. */
export interface CallOwner {
  ended(call: WireCall, answer: WireAnswer): void;
  /**
   * The server has not processed the call, and it is not on this connection any more.
   *
   * @param wasSent - something of it may have reached the server
   */
  unprocessed(call: WireCall, wasSent: boolean, why: string): void;
}

export interface ConnectionCallsOptions {
  /** `HOST:PORT` */
  readonly peer: string;
  readonly request: EncodedRequest;
  readonly outbox: Outbox;
  /** Of the connection. */
  readonly window: SendWindow;
  readonly settings: PeerSettings;
  readonly owner: CallOwner;
  /** Whether the connection takes calls at all. */
  readonly isUsable: () => boolean;
  /** No call can be begun on this connection any more: it has no ids left. */
  readonly usedUp: () => void;
  /** It is not usable, and the last call on a stream is over. */
  readonly emptied: () => void;
}

/** The calls of one connection: those on its streams, and those that wait for one. */
export class ConnectionCalls implements Holder {
  readonly uploads: Uploads;
  readonly #options: ConnectionCallsOptions;
  readonly #streams = new OpenStreams();
  readonly #waiting = new WaitingCalls();

  constructor(options: ConnectionCallsOptions) {
    this.#options = options;
    this.uploads = new Uploads(options.request, options.window, options.outbox);
  }

  get isEmpty(): boolean {
    return this.#streams.size === 0;
  }

  /** Whether there is an open stream that is not after this one. */
  hasUpTo(lastStreamId: number): boolean {
    return this.#streams.hasUpTo(lastStreamId);
  }

  wasBegun(streamId: number): boolean {
    return this.#streams.wasBegun(streamId);
  }

  /** Undefined: it is over, or never was. */
  stream(id: number): WireStream | undefined {
    return this.#streams.get(id);
  }

  /** Begins a call, or lets it wait until the server takes one more. */
  begin(call: WireCall): void {
    const { peer, settings } = this.#options;
    call.holder = this;
    call.peer = peer;
    if (this.#waiting.size === 0 && this.#takesCall) this.#send(call);
    else this.#waiting.add(call, settings.maxConcurrentStreams > this.#streams.size ? 'window' : 'stream');
  }

  messages({ streamId }: WireCall): number {
    return this.#streams.get(streamId)?.response.messages ?? 0;
  }

  drop(call: WireCall): void {
    const stream = this.#streams.get(call.streamId);
    if (stream === undefined) {
      this.#waiting.delete(call);
      return;
    }
    this.#forget(stream);
    this.#reset(stream.id, errorCode.cancel);
    this.#afterEnd();
  }

  /** An answer has come to its end. */
  end(stream: WireStream, outcome: Outcome): void {
    const hasMoreToSend = this.#forget(stream);
    if (outcome.reset === 'protocol') this.#reset(stream.id, errorCode.protocolError);
    else if (outcome.reset === 'cancel' || hasMoreToSend) this.#reset(stream.id, errorCode.cancel);
    const { call, response } = stream;
    const { headers, trailers } = response;
    const message = call.expectation.keepMessage ? response.message : undefined;
    const { status, error } = outcome;
    this.#options.owner.ended(call, { status, error, headers, trailers, message, peer: this.#options.peer });
    this.#afterEnd();
  }

  /** The server says that it has not processed it. */
  refuse(stream: WireStream, why: string): void {
    this.#forget(stream);
    this.#options.owner.unprocessed(stream.call, true, why);
    this.#afterEnd();
  }

  /** The server says so of all that were begun after this one. */
  refuseAbove(lastStreamId: number, why: string): void {
    for (const stream of this.#streams.above(lastStreamId)) {
      this.#forget(stream);
      this.#options.owner.unprocessed(stream.call, true, why);
    }
    this.#afterEnd();
  }

  /** Nothing more comes. @param firstUnsentId - this one, and those begun after it, have not reached the server */
  lose(firstUnsentId: number, why: string): void {
    const { owner } = this.#options;
    for (const stream of this.#streams.above(0)) {
      this.#forget(stream);
      if (stream.id >= firstUnsentId) owner.unprocessed(stream.call, false, why);
      else owner.ended(stream.call, failure(stream.call, status.unavailable, why));
    }
    this.release(why);
  }

  /** Those that wait go back. */
  release(why: string): void {
    for (const call of this.#waiting.release()) this.#options.owner.unprocessed(call, false, why);
  }

  /** The server may take more than before. */
  sendWaiting(): void {
    if (this.#waiting.size === 0) return;
    this.#waiting.send(
      () => this.#takesCall,
      (call) => this.#send(call),
    );
  }

  get #takesCall(): boolean {
    const { settings, outbox, isUsable } = this.#options;
    return isUsable() && this.#streams.size < settings.maxConcurrentStreams && outbox.takesMore;
  }

  #send(call: WireCall): void {
    const { id } = this.#streams.begin(call);
    call.streamId = id;
    this.uploads.begin(id, this.#options.settings.initialWindowSize);
    if (this.#streams.areUsedUp) this.#options.usedUp();
  }

  /** @returns whether something of its request had not been sent */
  #forget({ id, call }: WireStream): boolean {
    this.#streams.delete(id);
    call.streamId = 0;
    call.holder = undefined;
    return this.uploads.drop(id);
  }

  #afterEnd(): void {
    if (this.#options.isUsable()) this.sendWaiting();
    else if (this.isEmpty) this.#options.emptied();
  }

  #reset(streamId: number, code: ErrorCode): void {
    this.#options.outbox.write(rstStreamFrame(streamId, code));
  }
}
