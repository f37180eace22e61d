import {
  clientPreface,
  encodeHeaders,
  FrameReader,
  frameFlag,
  frameType,
  headerFrames,
  settingsFrame,
  windowUpdateFrame,
} from '@evenkeel/xds/http2';
import { WireCall } from '../load/wire/call.ts';
import { type ConnectionOwner, WireConnection } from '../load/wire/connection.ts';
import { encodeRequest } from '../load/wire/request.ts';
import type { Expectation } from '../load/wire/response.ts';
import { anyFrame, emptyMessage, grpcHeaders, type HeaderPairs } from './raw-http2-server.ts';

const typeNames = new Map<number, string>(Object.entries(frameType).map(([name, type]) => [type, name]));

/** The server's side of a connection of the engine `wire`, without sockets: frames in, frames and records out. */
export class WirePeer implements ConnectionOwner {
  readonly connection: WireConnection;
  /** What the connection has told its owner, one line each. */
  readonly events: string[] = [];
  /** Whether the connection's bytes go out, as a socket's do while the other side reads. */
  takesMore = true;
  /** DATA that came, by stream. */
  readonly received = new Map<number, number>();
  readonly #reader = new FrameReader(clientPreface);
  readonly #names = new Map<WireCall, string>();
  #frames: string[] = [];

  /** @param messageBytes - of each request's one message */
  constructor(messageBytes = 0) {
    const request = encodeRequest(encodeHeaders([[':path', '/s/m']], true), [Buffer.alloc(messageBytes)]);
    const peer = this;
    const wire = {
      get takesMore() {
        return peer.takesMore;
      },
      write: (bytes: Buffer) => void this.#reader.read(bytes, this),
      end: () => void this.#frames.push('end'),
      destroy: () => void this.#frames.push('destroy'),
    };
    this.connection = new WireConnection(wire, '127.0.0.1:1', request, this);
  }

  /** Of the reader. */
  frame(type: number, flags: number, streamId: number, payload: Buffer): void {
    if (type === frameType.data) this.received.set(streamId, (this.received.get(streamId) ?? 0) + payload.length);
    const words = [
      typeNames.get(type) ?? String(type),
      ...(streamId === 0 ? [] : [streamId]),
      ...detailsOf(type, payload),
    ];
    const isFlagged = (flags & frameFlag.endStream) !== 0;
    // ACK and END_STREAM are the same bit.
    if (isFlagged) words.push(type === frameType.settings || type === frameType.ping ? 'ack' : 'end');
    this.#frames.push(words.join(' '));
  }

  /** The frames that the connection has sent since this was asked last, and what it did to its socket. */
  async sent(): Promise<string[]> {
    // What is written in one turn goes out at its end.
    await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setImmediate(resolve));
    const frames = this.#frames;
    this.#frames = [];
    return frames;
  }

  /** The server's first frame, and what the connection has sent by then is forgotten. */
  async open(settings: readonly (readonly [id: number, value: number])[] = []): Promise<this> {
    this.give(settingsFrame(settings));
    await this.sent();
    return this;
  }

  call(name: string, more: Partial<Expectation & { expiresAt: number }> = {}): WireCall {
    const { single = true, keepMessage = true, expiresAt = Number.POSITIVE_INFINITY } = more;
    const call = new WireCall({ single, keepMessage }, expiresAt, () => {});
    this.#names.set(call, name);
    this.connection.begin(call);
    return call;
  }

  /** Bytes from the server. */
  give(...frames: Uint8Array[]): this {
    this.connection.receive(Buffer.concat(frames));
    return this;
  }

  headers(streamId: number, headers: HeaderPairs, endStream = false): this {
    return this.give(...headerFrames(streamId, encodeHeaders(headers, false), endStream));
  }

  data(streamId: number, content: Uint8Array, endStream = false): this {
    return this.give(anyFrame(frameType.data, endStream ? frameFlag.endStream : 0, streamId, content));
  }

  /** The usual answer. */
  ok(streamId: number): this {
    return this.headers(streamId, grpcHeaders)
      .data(streamId, emptyMessage)
      .headers(streamId, [['grpc-status', '0']], true);
  }

  /** Windows grow. @param streamId - 0: the connection's */
  grow(streamId: number, by: number): this {
    return this.give(windowUpdateFrame(streamId, by));
  }

  ready(): void {
    this.events.push('ready');
  }

  leaving(isWorking: boolean): void {
    this.events.push(isWorking ? 'leaving, works' : 'leaving');
  }

  ended(call: WireCall, { status, error }: { readonly status: number; readonly error: string | undefined }): void {
    this.events.push(`${this.#names.get(call)} ${status}${error === undefined ? '' : ` ${error}`}`);
  }

  unprocessed(call: WireCall, wasSent: boolean, why: string): void {
    this.events.push(`${this.#names.get(call)} unprocessed, ${wasSent ? 'sent' : 'not sent'}: ${why}`);
  }

  closed(why: string): void {
    this.events.push(`closed: ${why}`);
  }
}

function detailsOf(type: number, payload: Buffer): number[] {
  switch (type) {
    case frameType.data:
      return [payload.length];
    case frameType.rstStream:
    case frameType.windowUpdate:
      return [payload.readUInt32BE(0)];
    case frameType.goAway:
      return [payload.readUInt32BE(4)];
    default:
      return [];
  }
}
