import { ManualClock } from '../../clock.ts';
import type { StreamListener } from '../../grpc/transport.ts';
import type { Fault } from '../../http2/fault.ts';
import { writeFrameHeader } from '../../http2/frame-writer.ts';
import { encodeHeaders } from '../../http2/hpack-encoder.ts';
import { clientPreface, frameFlag, frameHeaderLength, frameType } from '../../http2/protocol.ts';
import { MemoryBudget } from '../../memory/memory-budget.ts';
import { Http2Connection } from '../connection.ts';
import { EventLoop } from '../event-loop.ts';
import { defaultHttp2Limits, type Http2Limits } from '../limits.ts';
import type { Http2Stream } from '../stream.ts';
import type { Wire } from '../wire.ts';

const typeNames = new Map(Object.entries(frameType).map(([name, type]) => [type as number, name]));

export interface ReceivedFrame {
  readonly type: string;
  readonly flags: number;
  readonly streamId: number;
  readonly payload: Buffer;
}

/** A frame as a client sends it; nothing is checked. */
export function rawFrame(type: keyof typeof frameType | number, flags: number, streamId: number, payload = ''): Buffer {
  const bytes = Buffer.from(payload, 'latin1');
  const frame = Buffer.alloc(frameHeaderLength + bytes.length);
  writeFrameHeader(frame, 0, typeof type === 'number' ? type : frameType[type], flags, streamId, bytes.length);
  frame.set(bytes, frameHeaderLength);
  return frame;
}

export function int32(value: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes.toString('latin1');
}

export function setting(id: number, value: number): string {
  return `\0${String.fromCharCode(id)}${int32(value)}`;
}

export function headerBlock(headers: Record<string, string> = {}): string {
  const request = { ':method': 'POST', ':scheme': 'http', ':path': '/a.B/C', ...headers };
  return encodeHeaders(Object.entries(request), false).toString('latin1');
}

export function request(streamId: number, endStream = false, headers: Record<string, string> = {}): Buffer {
  const flags = frameFlag.endHeaders | (endStream ? frameFlag.endStream : 0);
  return rawFrame('headers', flags, streamId, headerBlock(headers));
}

export const handshake: Buffer = Buffer.concat([clientPreface, rawFrame('settings', 0, 0)]);

/** A connection without a socket; every request is accepted. */
export class Conversation {
  readonly clock: ManualClock = new ManualClock();
  readonly memory: MemoryBudget = new MemoryBudget();
  readonly connection: Http2Connection;
  readonly faults: Fault[] = [];
  readonly streams: Http2Stream[] = [];
  /** What the streams reported, as `ID EVENT`. */
  readonly events: string[] = [];
  /** Everything that was written, as it was given to the wire. */
  readonly written: Uint8Array[] = [];
  takesMore = true;
  paused = false;
  ended = false;
  #read = 0;

  constructor(limits: Partial<Http2Limits> = {}, onRequest: (stream: Http2Stream) => void = () => {}) {
    const conversation = this;
    const wire: Wire = {
      peer: { address: '127.0.0.1:1', certificate: undefined },
      get takesMore() {
        return conversation.takesMore;
      },
      write: (bytes) => {
        this.written.push(bytes);
      },
      end: () => {
        this.ended = true;
      },
      heldBytes: 0,
      pause: () => {
        this.paused = true;
      },
      resume: () => {
        this.paused = false;
      },
      cork() {},
      uncork() {},
      destroy: () => this.connection.closed(),
    };
    const owner = {
      request: (stream: Http2Stream) => {
        this.streams.push(stream);
        stream.accept({ ':status': '200' }, this.#listenerOf(stream));
        onRequest(stream);
      },
      fault: (_connection: unknown, fault: Fault) => this.faults.push(fault),
    };
    this.connection = new Http2Connection(
      wire,
      owner,
      { ...defaultHttp2Limits, ...limits },
      this.clock,
      this.memory,
      new EventLoop(this.clock),
    );
  }

  /** Sends frames; the first time after a handshake of its own. */
  send(...frames: Uint8Array[]): this {
    this.connection.receive(Buffer.concat(frames));
    return this;
  }

  /** What came since the last call. */
  received(): ReceivedFrame[] {
    const bytes = Buffer.concat(this.written.slice(this.#read));
    this.#read = this.written.length;
    const frames: ReceivedFrame[] = [];
    for (let at = 0; at < bytes.length; ) {
      const length = bytes.readUIntBE(at, 3);
      const payload = bytes.subarray(at + frameHeaderLength, at + frameHeaderLength + length);
      const type = typeNames.get(bytes[at + 3]!) ?? 'unknown';
      frames.push({ type, flags: bytes[at + 4]!, streamId: bytes.readUInt32BE(at + 5), payload });
      at += frameHeaderLength + length;
    }
    return frames;
  }

  /** The same in short: `TYPE STREAM LENGTH`. */
  summary(): string[] {
    return this.received().map(({ type, streamId, payload }) => `${type} ${streamId} ${payload.length}`);
  }

  #listenerOf({ id }: Http2Stream): StreamListener {
    const note = (event: string): void => void this.events.push(`${id} ${event}`);
    return {
      data: (chunk) => note(`data ${chunk.length}`),
      ended: () => note('ended'),
      writable: () => note('writable'),
      closed: () => note('closed'),
    };
  }
}

/** A conversation whose handshake is over and read. */
export function startConversation(
  limits?: Partial<Http2Limits>,
  onRequest?: (stream: Http2Stream) => void,
): Conversation {
  const conversation = new Conversation(limits, onRequest).send(handshake);
  conversation.received();
  return conversation;
}
