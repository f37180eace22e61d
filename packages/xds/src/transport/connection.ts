import { appended } from '../appended.ts';
import type { Clock } from '../clock.ts';
import { messageOf } from '../errors.ts';
import { peerHost } from '../grpc/peer-host.ts';
import type { GrpcConnection, Peer, ResponseHeaders } from '../grpc/transport.ts';
import { ConnectionError, type FaultReason, StreamError } from '../http2/fault.ts';
import { FrameReader } from '../http2/frame-reader.ts';
import { goAwayFrame, headersFrame, pingFrame, rstStreamFrame, settingsFrame } from '../http2/frame-writer.ts';
import { encodeHeaders } from '../http2/hpack-encoder.ts';
import { PeerSettings } from '../http2/peer-settings.ts';
import {
  clientPreface,
  defaultWindowSize,
  type ErrorCode,
  errorCode,
  frameType,
  largestStreamId,
  largestWindowSize,
  settingId,
} from '../http2/protocol.ts';
import { type Account, AccountedSize } from '../memory/account.ts';
import type { ConnectionAccount, MemoryBudget } from '../memory/memory-budget.ts';
import type { EventLoop } from './event-loop.ts';
import { type Counted, FloodGuard } from './flood-guard.ts';
import { InboundFrames } from './inbound-frames.ts';
import type { Http2Limits } from './limits.ts';
import { OpenStreams } from './open-streams.ts';
import { Pings } from './pings.ts';
import { RateLimit } from './rate-limit.ts';
import { ReadingTurns, type TurnReader } from './reading-turns.ts';
import type { RequestHead } from './request-head.ts';
import { Http2Stream, type StreamHost } from './stream.ts';
import type { ConnectionOwner, Wire } from './wire.ts';

/** What a connection takes beside what its client sends: measured, with 5,000 of them. */
const connectionBytes = 4 * 1024;
/** And a stream. */
const streamBytes = 1024;

/**
 * The server's side of one HTTP/2 connection (RFC 9113), without its socket: bytes come in by {@link receive}, requests and
 * bytes go out. Strict: what the protocol does not allow ends the stream or the connection. No push, no priorities.
 */
export class Http2Connection implements GrpcConnection, StreamHost, TurnReader {
  readonly limits: Http2Limits;
  readonly client: PeerSettings = new PeerSettings();
  readonly #wire: Wire;
  readonly #owner: ConnectionOwner;
  readonly #clock: Clock;
  readonly #reader = new FrameReader(clientPreface);
  readonly #frames: InboundFrames;
  readonly #floods: FloodGuard;
  readonly #pings = new Pings();
  readonly #turns: ReadingTurns;
  readonly #requests: RateLimit;
  readonly #streams = new OpenStreams();
  #closeListeners: (() => void)[] | undefined;
  #cancelHandshake: () => void;
  readonly #account: ConnectionAccount;
  /** Of frames and headers that have not ended, and of the header table. */
  readonly #unfinished: AccountedSize;
  /** Of headers and the header table, after the last frame that changed them. */
  #headerBytes = 0;
  /** What was written since the wire took nothing, and lies in memory until it does. */
  #unsent: Uint8Array[] = [];
  #sendWindow = defaultWindowSize;
  /** Bytes of answers that were written while the wire took nothing. */
  #waitingAnswerBytes = 0;
  /** `asked`: GOAWAY has been sent; `final`: the client knows it, and further streams are not served. */
  #leaving: 'no' | 'asked' | 'final' = 'no';
  #hasGreeted = false;
  #ended = false;
  #closed = false;

  /**
   * @param memory - where what the client makes us hold is counted
   * @param loop - which it shares with others
   */
  constructor(
    wire: Wire,
    owner: ConnectionOwner,
    limits: Http2Limits,
    clock: Clock,
    memory: MemoryBudget,
    loop: EventLoop,
  ) {
    this.#wire = wire;
    this.#owner = owner;
    this.limits = limits;
    this.#clock = clock;
    this.#account = memory.open(this, wire.heldBytes + connectionBytes);
    this.#unfinished = new AccountedSize(this.#account);
    const host = peerHost(wire.peer.address);
    this.#turns = new ReadingTurns(this, loop, clock, host);
    this.#requests = new RateLimit(limits.requests, clock.now());
    this.#frames = new InboundFrames(this);
    this.#floods = new FloodGuard(limits, clock);
    // Thousands may have come in one moment.
    this.#cancelHandshake = clock.after(limits.handshakeMs, () => {
      this.#cancelHandshake = loop.queueOnce(host, () => {
        this.#fail(errorCode.settingsTimeout, 'preface', 'no preface and SETTINGS in time');
      });
    });
  }

  get grpc(): GrpcConnection {
    return this;
  }

  get peer(): Peer {
    return this.#wire.peer;
  }

  get account(): Account {
    return this.#account;
  }

  /** Whether it has no stream. */
  isIdle(): boolean {
    return this.#streams.size === 0;
  }

  /** Of the budget. */
  evict(message: string): void {
    this.#fail(errorCode.enhanceYourCalm, 'memory', message);
    // What it does not read is not kept until it does.
    this.#wire.destroy();
    this.#letGo();
  }

  get isClosed(): boolean {
    return this.#closed || this.#ended || this.#leaving !== 'no';
  }

  get streams(): number {
    return this.#streams.size;
  }

  get streamsEver(): number {
    return this.#streams.ever;
  }

  get maxFrameSize(): number {
    return this.client.maxFrameSize;
  }

  get maxWaitingMessages(): number {
    return this.limits.waitingMessages;
  }

  get sendWindow(): number {
    return this.#sendWindow;
  }

  get takesMore(): boolean {
    return this.#wire.takesMore;
  }

  get takesStreams(): boolean {
    return this.#leaving !== 'final' && !this.#ended;
  }

  onClose(listener: () => void): void {
    this.#closeListeners = appended(this.#closeListeners, listener);
  }

  destroy(): void {
    this.#wire.destroy();
  }

  ping(answered: () => void): void {
    this.sendControl(pingFrame(this.#pings.next(answered), false));
  }

  pinged(payload: Buffer): void {
    this.#pings.answered(payload);
  }

  /**
   * In two steps (RFC 9113, 6.8): the first GOAWAY refuses nothing, so that a request that crosses it is served; the second
   * follows when the client must have read the first.
   */
  goAway(): void {
    if (this.isClosed) return;
    this.#leaving = 'asked';
    this.sendControl(goAwayFrame(largestStreamId, errorCode.noError));
    this.ping(() => {
      this.#leaving = 'final';
      this.sendControl(goAwayFrame(this.#frames.ids.last, errorCode.noError));
      this.#endIfDone();
    });
  }

  /** Bytes have come. */
  receive(chunk: Buffer): void {
    if (this.#ended || this.#closed) return;
    this.#turns.receive(chunk);
  }

  /** Of the turns. */
  pause(): void {
    this.#wire.pause();
  }

  /** Of the turns. */
  resume(): void {
    this.#wire.resume();
  }

  /** Of the reader: whether others have their turn now. */
  get isFull(): boolean {
    return this.#turns.isOver;
  }

  defer(work: () => void): void {
    this.#turns.defer(work);
  }

  /** Of the turns. */
  read(chunk: Buffer): number {
    this.#wire.cork();
    try {
      this.#greet();
      return this.#reader.read(chunk, this);
    } catch (thrown) {
      if (thrown instanceof ConnectionError) this.#fail(thrown.code, thrown.reason, thrown.message);
      else {
        process.emitWarning(`HTTP/2: ${messageOf(thrown)}`, 'EvenkeelWarning');
        this.#fail(errorCode.internalError, 'internal', 'internal error');
      }
      return chunk.length;
    } finally {
      this.#wire.uncork();
    }
  }

  /** Of the turns: charges what is held of what has come. */
  settle(): void {
    this.#unfinished.set(this.#reader.heldBytes + this.#headerBytes + this.#turns.heldBytes);
  }

  /** The wire takes more again. */
  drained(): void {
    this.#waitingAnswerBytes = 0;
    for (const bytes of this.#unsent.splice(0)) this.#account.drop(bytes);
    this.#streams.resume();
  }

  /** The wire is gone. */
  closed(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#cancelHandshake();
    this.#streams.closeAll();
    this.#letGo();
    const listeners = this.#closeListeners;
    this.#closeListeners = undefined;
    for (const listener of listeners ?? []) listener();
  }

  /** Of the reader. */
  frame(type: number, flags: number, streamId: number, payload: Buffer): void {
    // What comes in the same chunk after the end is of no interest.
    if (this.#ended) return;
    try {
      this.#frames.take(type, flags, streamId, payload);
    } catch (thrown) {
      if (!(thrown instanceof StreamError)) throw thrown;
      this.reset(thrown);
    }
    if (type === frameType.headers || type === frameType.continuation) this.#headerBytes = this.#frames.heldBytes;
  }

  /** The client has said who it is. */
  shookHands(): void {
    this.#cancelHandshake();
  }

  stream(streamId: number): Http2Stream | undefined {
    return this.#streams.get(streamId);
  }

  open(streamId: number, head: RequestHead): Http2Stream {
    const stream = new Http2Stream(streamId, head, this.client.initialWindowSize, this);
    this.#streams.add(stream);
    const waitMs = this.#requests.takeAnyway(this.#clock.now());
    if (waitMs > 0) this.#turns.wait(waitMs);
    this.#account.charge(streamBytes + stream.headerBytes);
    this.#owner.request(stream);
    return stream;
  }

  /** The client has reset a stream. */
  resetByClient(stream: Http2Stream): void {
    this.#forget(stream, false);
    stream.close();
  }

  /** Counts what costs a client less than the server; one too many ends the connection. */
  count(what: Counted): void {
    const reason = this.#floods.count(what);
    if (reason !== undefined) this.#fail(errorCode.enhanceYourCalm, reason, `too many ${what}`);
  }

  /** @returns false where the window would be too large */
  growSendWindow(by: number): boolean {
    const wasClosed = this.#sendWindow <= 0;
    this.#sendWindow += by;
    if (this.#sendWindow > largestWindowSize) return false;
    if (wasClosed) this.#streams.resume();
    return true;
  }

  /**
   * The windows of all streams have moved by a SETTINGS.
   *
   * @returns false where one would be too large
   */
  moveStreamWindows(by: number): boolean {
    if (!this.#streams.moveSendWindows(by)) return false;
    if (by > 0) this.#streams.resume();
    return true;
  }

  sendData(bytes: Uint8Array, flowBytes: number): void {
    this.#sendWindow -= flowBytes;
    if (!this.#ended) this.#write(bytes);
  }

  sendHeaders(streamId: number, headers: ResponseHeaders, endStream: boolean): void {
    if (this.#ended) return;
    const block = encodeHeaders(Object.entries(headers), this.client.takeTableShrink());
    this.sendControl(headersFrame(streamId, block, endStream));
  }

  sendControl(bytes: Uint8Array): void {
    if (this.#ended || this.#closed) return;
    if (!this.#wire.takesMore) this.#waitingAnswerBytes += bytes.length;
    if (this.#waitingAnswerBytes > this.limits.waitingAnswerBytes) {
      this.#fail(errorCode.enhanceYourCalm, 'unread', 'the answers are not read');
    } else this.#write(bytes);
  }

  finished(stream: Http2Stream): void {
    this.#forget(stream, false);
  }

  reset({ streamId, code, reason, message }: StreamError): void {
    if (this.#ended) return;
    this.#owner.fault(this, { reason, scope: 'stream', message });
    this.#reset(streamId, code);
    this.count('resets');
  }

  lingered(stream: Http2Stream): void {
    this.#reset(stream.id, errorCode.noError);
  }

  after(delayMs: number, callback: () => void): () => void {
    return this.#clock.after(delayMs, callback);
  }

  #reset(streamId: number, code: ErrorCode): void {
    this.sendControl(rstStreamFrame(streamId, code));
    this.#frames.ids.close(streamId, true);
    const stream = this.#streams.get(streamId);
    if (stream === undefined) return;
    this.#forget(stream, true);
    stream.close();
  }

  #forget(stream: Http2Stream, resetByServer: boolean): void {
    if (!this.#streams.delete(stream)) return;
    this.#account.release(streamBytes + stream.headerBytes);
    this.#frames.ids.close(stream.id, resetByServer);
    this.#endIfDone();
  }

  #endIfDone(): void {
    if (this.#leaving === 'final' && this.#streams.size === 0) this.#end();
  }

  #fail(code: ErrorCode, reason: FaultReason, message: string): void {
    if (this.#ended || this.#closed) return;
    this.#owner.fault(this, { reason, scope: 'connection', message });
    this.#write(goAwayFrame(this.#frames.ids.last, code, message));
    this.#end();
    this.#streams.closeAll();
  }

  /** The first frame (RFC 9113, 3.4), which who says nothing is not sent: opening connections has to cost more than taking them in. */
  #greet(): void {
    if (this.#hasGreeted) return;
    this.#hasGreeted = true;
    const { maxStreams, headerListBytes } = this.limits;
    const settings = settingsFrame([
      [settingId.maxConcurrentStreams, maxStreams],
      [settingId.maxHeaderListSize, headerListBytes],
    ]);
    this.#write(settings);
  }

  #write(bytes: Uint8Array): void {
    this.#greet();
    this.#wire.write(bytes);
    if (this.#wire.takesMore) return;
    this.#account.hold(bytes);
    this.#unsent.push(bytes);
  }

  #letGo(): void {
    this.#turns.close();
    this.#unsent = [];
    this.#account.close();
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#turns.close();
    this.#cancelHandshake();
    this.#wire.end();
  }
}
