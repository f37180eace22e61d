import {
  ConnectionError,
  clientPreface,
  defaultWindowSize,
  type ErrorCode,
  errorCode,
  FrameReader,
  goAwayFrame,
  largestStreamId,
  largestWindowSize,
  PeerSettings,
  pingFrame,
  rstStreamFrame,
  settingId,
  settingsAckFrame,
  settingsFrame,
  windowUpdateFrame,
} from '@evenkeel/xds/http2';
import { messageOf } from '../../../base/errors.ts';
import { failure, type Holder, type WireAnswer, type WireCall } from './call.ts';
import { whatIsNoHttp2 } from './first-bytes.ts';
import { nameOfErrorCode, status, statusOfReset } from './grpc-status-of.ts';
import { type Headers, maxHeaderListBytes } from './headers.ts';
import { InboundFrames, type InboundSink } from './inbound-frames.ts';
import { Outbox, type Wire } from './outbox.ts';
import { type EncodedRequest, maxWholeBytes } from './request.ts';
import type { Outcome } from './response.ts';
import { streamWindowBytes, WireStream } from './stream.ts';
import { Uploads } from './uploads.ts';
import { ReceiveWindow, SendWindow } from './windows.ts';

/** What a connection tells its owner. */
export interface ConnectionOwner {
  /** The server has said who it is: calls may begin. Once, and never after {@link leaving}. */
  ready(): void;
  /** It takes no further calls, and those that are under way go on. Once. */
  leaving(): void;
  ended(call: WireCall, answer: WireAnswer): void;
  /**
   * The server has not processed the call, and it is not on this connection any more.
   *
   * @param wasSent - something of it may have reached the server
   */
  unprocessed(call: WireCall, wasSent: boolean, why: string): void;
  /** Nothing comes any more; all calls were told. */
  closed(why: string): void;
}

/** Answers to PING and SETTINGS that a server may make this side hold, which does not read them. */
const maxWaitingAnswerBytes = 64 * 1024;

/** A client's side of one HTTP/2 connection (RFC 9113) that makes the same call again and again; without its socket. */
export class WireConnection implements Holder, InboundSink {
  /** `HOST:PORT` */
  readonly peer: string;
  readonly #owner: ConnectionOwner;
  readonly #request: EncodedRequest;
  readonly #reader = new FrameReader();
  readonly #frames: InboundFrames;
  readonly #settings = new PeerSettings();
  readonly #outbox: Outbox;
  readonly #wire: Wire;
  readonly #window = new SendWindow(defaultWindowSize);
  readonly #received = new ReceiveWindow(largestWindowSize);
  readonly #uploads: Uploads;
  readonly #streams = new Map<number, WireStream>();
  readonly #waiting = new Set<WireCall>();
  #nextId = 1;
  #state: 'new' | 'ready' | 'leaving' | 'closed' = 'new';
  #sniffed = false;
  #waitingAnswerBytes = 0;
  /** Why the server, or this side, has ended it. */
  #why = '';

  constructor(wire: Wire, peer: string, request: EncodedRequest, owner: ConnectionOwner) {
    this.#wire = wire;
    this.peer = peer;
    this.#request = request;
    this.#owner = owner;
    this.#outbox = new Outbox(wire);
    this.#uploads = new Uploads(request.body, this.#window, this.#outbox);
    this.#frames = new InboundFrames(this);
    this.#outbox.write(clientPreface);
    this.#outbox.write(
      settingsFrame([
        [settingId.headerTableSize, 0],
        [settingId.enablePush, 0],
        [settingId.initialWindowSize, streamWindowBytes],
        [settingId.maxHeaderListSize, maxHeaderListBytes],
      ]),
    );
    this.#outbox.write(windowUpdateFrame(0, largestWindowSize - defaultWindowSize));
    this.#outbox.flush();
  }

  /** Whether calls may begin, or wait for their turn. */
  get isUsable(): boolean {
    return this.#state === 'ready';
  }

  /** Begins a call, or lets it wait until the server takes one more; only where it {@link isUsable}. */
  begin(call: WireCall): void {
    call.holder = this;
    call.peer = this.peer;
    if (this.#waiting.size === 0 && this.#takesCall) this.#send(call);
    else {
      call.held = {
        for: this.#settings.maxConcurrentStreams > this.#streams.size ? 'window' : 'stream',
        leftAt: undefined,
      };
      this.#waiting.add(call);
    }
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
    this.#waitingAnswerBytes = 0;
    this.#uploads.resume();
    this.#sendWaiting();
  }

  /** The wire is gone. */
  closed(reason: string): void {
    if (this.#state === 'closed') return;
    const wasUsable = this.#state === 'ready';
    this.#state = 'closed';
    const why = this.#why === '' ? reason : this.#why;
    const { firstUnsentId } = this.#outbox;
    if (wasUsable) this.#owner.leaving();
    for (const stream of [...this.#streams.values()]) {
      this.#forget(stream);
      if (stream.id >= firstUnsentId) this.#owner.unprocessed(stream.call, false, why);
      else this.#owner.ended(stream.call, failure(stream.call, status.unavailable, why));
    }
    this.#releaseWaiting(why);
    this.#owner.closed(why);
  }

  /** Cuts it off; calls that are under way end. */
  close(): void {
    this.#wire.destroy();
    this.closed('this program closed the connection');
  }

  /** Ends it in order, after the last call that is under way. */
  leave(why: string): void {
    if (this.#state !== 'ready' && this.#state !== 'new') return;
    const wasReady = this.#state === 'ready';
    this.#state = 'leaving';
    this.#why = why;
    if (wasReady) this.#owner.leaving();
    this.#releaseWaiting(why);
    this.#afterEnd();
  }

  /** Of the reader. */
  frame(type: number, flags: number, streamId: number, payload: Buffer): void {
    if (this.#state !== 'closed') this.#frames.take(type, flags, streamId, payload);
  }

  settings(payload: Buffer): void {
    const before = this.#settings.initialWindowSize;
    this.#settings.apply(payload);
    this.#answer(settingsAckFrame);
    this.#uploads.moveAll(this.#settings.initialWindowSize - before);
    if (this.#state === 'new') {
      this.#state = 'ready';
      this.#owner.ready();
    }
    this.#sendWaiting();
  }

  headers(streamId: number, headers: Headers | undefined, endStream: boolean): void {
    const stream = this.#streams.get(streamId);
    if (stream === undefined) return;
    if (headers === undefined) {
      const error = `the headers of the answer are larger than ${maxHeaderListBytes} bytes`;
      this.#end(stream, { status: status.resourceExhausted, error, ...(!endStream && { reset: 'cancel' }) });
      return;
    }
    const outcome = stream.response.takeHeaders(headers, endStream);
    if (outcome !== undefined) this.#end(stream, outcome);
  }

  data(streamId: number, content: Buffer, bytes: number, endStream: boolean): void {
    const back = this.#received.take(bytes);
    if (back > 0) this.#answer(windowUpdateFrame(0, back));
    const stream = this.#streams.get(streamId);
    if (stream === undefined) return;
    const backToStream = stream.received.take(bytes);
    const outcome = stream.response.takeData(content, endStream);
    if (outcome !== undefined) this.#end(stream, outcome);
    else if (backToStream > 0) this.#answer(windowUpdateFrame(streamId, backToStream));
  }

  reset(streamId: number, code: number): void {
    const stream = this.#streams.get(streamId);
    if (stream === undefined) return;
    const why = `the server reset the stream (${nameOfErrorCode(code)})`;
    if (code === errorCode.refusedStream) {
      this.#forget(stream);
      this.#owner.unprocessed(stream.call, true, why);
      this.#afterEnd();
    } else if (code === errorCode.noError) this.#end(stream, stream.response.cutShort());
    else this.#end(stream, { status: statusOfReset(code), error: why });
  }

  ping(payload: Buffer): void {
    this.#answer(pingFrame(payload, true));
  }

  /**
   * Streams above the last one were not and will not be processed (RFC 9113, 6.8). A server that leaves in order says 2^31-1
   * first, and the true number a moment later.
   */
  goAway(lastStreamId: number, code: number, debug: string): void {
    const said = debug === '' ? '' : `: ${JSON.stringify(debug)}`;
    const why = `the server closed the connection (GOAWAY ${nameOfErrorCode(code)}${said})`;
    this.leave(why);
    for (const stream of [...this.#streams.values()]) {
      if (stream.id <= lastStreamId) continue;
      this.#forget(stream);
      this.#owner.unprocessed(stream.call, true, why);
    }
    this.#afterEnd();
  }

  windowUpdate(streamId: number, increment: number): void {
    if (streamId !== 0) {
      this.#uploads.grow(streamId, increment);
      return;
    }
    this.#window.move(increment);
    this.#uploads.resume();
  }

  isKnown(streamId: number): boolean {
    return streamId % 2 === 1 && streamId < this.#nextId;
  }

  get #takesCall(): boolean {
    return (
      this.#state === 'ready' && this.#streams.size < this.#settings.maxConcurrentStreams && this.#outbox.takesMore
    );
  }

  #send(call: WireCall): void {
    const id = this.#nextId;
    this.#nextId += 2;
    const stream = new WireStream(id, call);
    this.#streams.set(id, stream);
    call.streamId = id;
    if (call.held !== undefined) call.held = { ...call.held, leftAt: performance.now() };
    const { whole, head, body } = this.#request;
    const { initialWindowSize } = this.#settings;
    const atOnce =
      body.length <= maxWholeBytes &&
      this.#uploads.size === 0 &&
      body.length <= this.#window.size &&
      body.length <= initialWindowSize;
    if (atOnce || body.length === 0) {
      this.#window.take(body.length);
      this.#outbox.begin(whole, id);
    } else {
      this.#outbox.begin(head, id);
      this.#uploads.begin(id, initialWindowSize);
    }
    if (this.#nextId > largestStreamId) this.leave('all stream ids of the connection are used up');
  }

  #sendWaiting(): void {
    for (const call of this.#waiting) {
      if (!this.#takesCall) return;
      // Its time is over: it ends where it is, it has not been sent.
      if (call.expiresAt <= performance.now()) continue;
      this.#waiting.delete(call);
      this.#send(call);
    }
  }

  #end(stream: WireStream, outcome: Outcome): void {
    const hasMoreToSend = this.#forget(stream);
    if (outcome.reset === 'protocol') this.#reset(stream.id, errorCode.protocolError);
    else if (outcome.reset === 'cancel' || hasMoreToSend) this.#reset(stream.id, errorCode.cancel);
    const { call, response } = stream;
    const { headers, trailers } = response;
    const message = call.expectation.keepMessage ? response.message : undefined;
    this.#owner.ended(call, {
      ...{ status: outcome.status, error: outcome.error, headers, trailers, message, peer: this.peer },
    });
    this.#afterEnd();
  }

  /** @returns whether something of its request had not been sent */
  #forget({ id, call }: WireStream): boolean {
    this.#streams.delete(id);
    call.streamId = 0;
    call.holder = undefined;
    return this.#uploads.drop(id);
  }

  #afterEnd(): void {
    if (this.#state === 'ready') this.#sendWaiting();
    else if (this.#state === 'leaving' && this.#streams.size === 0) this.#outbox.end();
  }

  #reset(streamId: number, code: ErrorCode): void {
    if (this.#state !== 'closed') this.#outbox.write(rstStreamFrame(streamId, code));
  }

  #releaseWaiting(why: string): void {
    for (const call of [...this.#waiting]) {
      this.#waiting.delete(call);
      // What it waits for from here on is a connection, and that is the target's to give.
      call.held = undefined;
      call.holder = undefined;
      this.#owner.unprocessed(call, false, why);
    }
  }

  /** Bytes that the server makes this side send. */
  #answer(bytes: Buffer): void {
    if (this.#state === 'closed') return;
    if (!this.#outbox.takesMore) this.#waitingAnswerBytes += bytes.length;
    if (this.#waitingAnswerBytes > maxWaitingAnswerBytes) {
      const message = 'it asks for answers and does not read them';
      this.#fail(new ConnectionError(errorCode.enhanceYourCalm, 'unread', message));
    } else this.#outbox.write(bytes);
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
