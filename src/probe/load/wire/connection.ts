import {
  ConnectionError,
  defaultWindowSize,
  errorCode,
  FrameReader,
  goAwayFrame,
  largestWindowSize,
  PeerSettings,
  pingFrame,
  settingsAckFrame,
  windowUpdateFrame,
} from '@evenkeel/xds/http2';
import { messageOf } from '../../../base/errors.ts';
import type { WireCall } from './call.ts';
import { type CallOwner, ConnectionCalls } from './connection-calls.ts';
import { whatIsNoHttp2 } from './first-bytes.ts';
import { goAwayReason, nameOfErrorCode, status } from './grpc-status-of.ts';
import { type Headers, maxHeaderListBytes } from './headers.ts';
import { InboundFrames, type InboundSink } from './inbound-frames.ts';
import { opening } from './opening.ts';
import { Outbox, type Wire } from './outbox.ts';
import { Replies } from './replies.ts';
import type { EncodedRequest } from './request.ts';
import { ReceiveWindow, SendWindow } from './windows.ts';

/** What a connection tells its owner. */
export interface ConnectionOwner extends CallOwner {
  /** The server has said who it is: calls may begin. Once, and never after {@link leaving}. */
  ready(): void;
  /**
   * It takes no further calls, and those that are under way go on. Once.
   *
   * @param isWorking - the server works on some of these
   */
  leaving(isWorking: boolean): void;
  /** Nothing comes any more; all calls were told. */
  closed(why: string): void;
}

/** A client's side of one HTTP/2 connection (RFC 9113) that makes the same call again and again; without its socket. */
export class WireConnection implements InboundSink {
  readonly #owner: ConnectionOwner;
  readonly #reader = new FrameReader();
  readonly #frames: InboundFrames;
  readonly #settings = new PeerSettings();
  readonly #outbox: Outbox;
  readonly #replies: Replies;
  readonly #wire: Wire;
  readonly #window = new SendWindow(defaultWindowSize);
  readonly #received = new ReceiveWindow(largestWindowSize);
  readonly #calls: ConnectionCalls;
  #state: 'new' | 'ready' | 'leaving' | 'closed' = 'new';
  #sniffed = false;
  /** Why the server, or this side, has ended it. */
  #why = '';

  /** @param peer - `HOST:PORT` */
  constructor(wire: Wire, peer: string, request: EncodedRequest, owner: ConnectionOwner) {
    this.#wire = wire;
    this.#owner = owner;
    this.#outbox = new Outbox(wire);
    this.#replies = new Replies(this.#outbox);
    this.#calls = new ConnectionCalls({
      ...{ peer, request, owner, outbox: this.#outbox, window: this.#window, settings: this.#settings },
      isUsable: () => this.isUsable,
      usedUp: () => this.leave('all stream ids of the connection are used up'),
      emptied: () => this.#endIfDone(),
    });
    this.#frames = new InboundFrames(this);
    this.#outbox.write(opening);
    this.#outbox.flush();
  }

  /** Whether calls may begin, or wait for their turn. */
  get isUsable(): boolean {
    return this.#state === 'ready';
  }

  /** Begins a call, or lets it wait until the server takes one more; only where it {@link isUsable}. */
  begin(call: WireCall): void {
    this.#calls.begin(call);
  }

  receive(chunk: Buffer): void {
    if (this.#state === 'closed') return;
    try {
      if (!this.#sniffed) this.#sniff(chunk);
      this.#reader.read(chunk, this);
    } catch (thrown) {
      this.#fail(thrown);
    }
  }

  /** The wire takes more again. */
  drained(): void {
    this.#replies.drained();
    this.#calls.uploads.resume();
    this.#calls.sendWaiting();
  }

  /** The wire is gone. */
  closed(reason: string): void {
    if (this.#state === 'closed') return;
    const wasUsable = this.#state === 'ready';
    this.#state = 'closed';
    const why = this.#why === '' ? reason : this.#why;
    if (wasUsable) this.#owner.leaving(false);
    this.#calls.lose(this.#outbox.firstUnsentId, why);
    this.#owner.closed(why);
  }

  /** Cuts it off; calls that are under way end. */
  close(): void {
    this.#wire.destroy();
    this.closed('this program closed the connection');
  }

  /**
   * Ends it in order, after the last call that is under way.
   *
   * @param lastStreamId - of the streams that the server works on
   */
  leave(why: string, lastStreamId: number = Number.POSITIVE_INFINITY): void {
    if (this.#state !== 'ready' && this.#state !== 'new') return;
    const wasReady = this.#state === 'ready';
    this.#state = 'leaving';
    this.#why = why;
    if (wasReady) this.#owner.leaving(this.#calls.hasUpTo(lastStreamId));
    this.#calls.release(why);
    this.#endIfDone();
  }

  /** Of the reader. */
  frame(type: number, flags: number, streamId: number, payload: Buffer): void {
    if (this.#state !== 'closed') this.#frames.take(type, flags, streamId, payload);
  }

  settings(payload: Buffer): void {
    const before = this.#settings.initialWindowSize;
    this.#settings.apply(payload);
    this.#reply(settingsAckFrame);
    this.#calls.uploads.moveAll(this.#settings.initialWindowSize - before);
    if (this.#state === 'new') {
      this.#state = 'ready';
      this.#owner.ready();
    }
    this.#calls.sendWaiting();
  }

  headers(streamId: number, headers: Headers | undefined, endStream: boolean): void {
    const stream = this.#calls.stream(streamId);
    if (stream === undefined) return;
    if (headers === undefined) {
      const error = `the headers of the answer are larger than ${maxHeaderListBytes} bytes`;
      this.#calls.end(stream, { status: status.resourceExhausted, error, ...(!endStream && { reset: 'cancel' }) });
      return;
    }
    const outcome = stream.response.takeHeaders(headers, endStream);
    if (outcome !== undefined) this.#calls.end(stream, outcome);
  }

  data(streamId: number, content: Buffer, bytes: number, endStream: boolean): void {
    const back = this.#received.take(bytes);
    if (back > 0) this.#reply(windowUpdateFrame(0, back));
    const stream = this.#calls.stream(streamId);
    if (stream === undefined) return;
    const backToStream = stream.received.take(bytes);
    const outcome = stream.response.takeData(content, endStream);
    if (outcome !== undefined) this.#calls.end(stream, outcome);
    else if (backToStream > 0) this.#reply(windowUpdateFrame(streamId, backToStream));
  }

  reset(streamId: number, code: number): void {
    const stream = this.#calls.stream(streamId);
    if (stream === undefined) return;
    if (code !== errorCode.refusedStream) {
      this.#calls.end(stream, stream.response.cutShort(code));
      return;
    }
    this.#calls.refuse(stream, `the server reset the stream (${nameOfErrorCode(code)})`);
  }

  ping(payload: Buffer): void {
    this.#reply(pingFrame(payload, true));
  }

  /**
   * Streams above the last one were not and will not be processed (RFC 9113, 6.8). A server that leaves in order says 2^31-1
   * first, and the true number a moment later.
   */
  goAway(lastStreamId: number, code: number, debug: string): void {
    const why = goAwayReason(code, debug);
    this.leave(why, lastStreamId);
    this.#calls.refuseAbove(lastStreamId, why);
  }

  windowUpdate(streamId: number, increment: number): void {
    if (streamId !== 0) {
      this.#calls.uploads.grow(streamId, increment);
      return;
    }
    this.#window.move(increment);
    this.#calls.uploads.resume();
  }

  isKnown(streamId: number): boolean {
    return this.#calls.wasBegun(streamId);
  }

  #endIfDone(): void {
    if (this.#state === 'leaving' && this.#calls.isEmpty) this.#outbox.end();
  }

  /** @throws ConnectionError */
  #reply(bytes: Buffer): void {
    if (this.#state !== 'closed') this.#replies.write(bytes);
  }

  #sniff(chunk: Buffer): void {
    this.#sniffed = true;
    const what = whatIsNoHttp2(chunk);
    if (what !== undefined) throw new ConnectionError(errorCode.protocolError, 'preface', what);
  }

  #fail(thrown: unknown): void {
    if (!(thrown instanceof ConnectionError)) throw thrown;
    const isNoHttp2 = this.#state === 'new' && thrown.reason === 'preface';
    this.#why = isNoHttp2 ? messageOf(thrown) : `the server breaks the protocol: ${messageOf(thrown)}`;
    this.#outbox.write(goAwayFrame(0, thrown.code, thrown.message));
    this.#outbox.end();
    this.#wire.destroy();
    this.closed(this.#why);
  }
}
