import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { adsSotwPath, frameMessage } from '@evenkeel/xds';
import {
  clientPreface,
  encodeHeaders,
  frameFlag,
  frameHeaderLength,
  frameType,
  writeFrameHeader,
} from '@evenkeel/xds/http2';

export type FrameName = keyof typeof frameType;

/** What a client of gRPC sends before its messages. */
export function requestBlock(path: string = adsSotwPath, more: Readonly<Record<string, string>> = {}): Buffer {
  const headers = { ':method': 'POST', ':scheme': 'http', ':path': path, ':authority': 'bench' };
  const all = { ...headers, 'content-type': 'application/grpc', te: 'trailers', ...more };
  return encodeHeaders(Object.entries(all), false);
}

export function frame(type: FrameName | number, flags: number, streamId: number, payload: Uint8Array): Buffer {
  const bytes = Buffer.alloc(frameHeaderLength + payload.length);
  writeFrameHeader(bytes, 0, typeof type === 'number' ? type : frameType[type], flags, streamId, payload.length);
  bytes.set(payload, frameHeaderLength);
  return bytes;
}

export function headers(streamId: number, block: Uint8Array, endStream = false): Buffer {
  return frame('headers', frameFlag.endHeaders | (endStream ? frameFlag.endStream : 0), streamId, block);
}

export function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** A setting as SETTINGS frames have it. */
export function setting(id: number, value: number): Buffer {
  return Buffer.concat([Buffer.from([0, id]), int32(value)]);
}

/** A header field that goes into the table (RFC 7541, 6.2.1); `name` where `nameIndex` is 0. */
export function literal(nameIndex: number, value: string, name = ''): Buffer {
  const text = (from: string): Buffer => Buffer.concat([Buffer.from(integer(from.length, 7, 0)), Buffer.from(from)]);
  return Buffer.concat([
    Buffer.from(integer(nameIndex, 6, 0x40)),
    ...(nameIndex === 0 ? [text(name)] : []),
    text(value),
  ]);
}

function integer(value: number, bits: number, first: number): number[] {
  const mask = 2 ** bits - 1;
  if (value < mask) return [first | value];
  const bytes = [first | mask];
  let rest = value - mask;
  for (; rest >= 0x80; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  return [...bytes, rest];
}

/** A field of a protobuf message that is a string or a message. */
export function field(fieldNumber: number, content: Uint8Array | string): Buffer {
  const bytes = Buffer.from(content as Uint8Array);
  const head = [(fieldNumber << 3) | 2];
  let rest = bytes.length;
  for (; rest >= 0x80; rest >>>= 7) head.push((rest & 0x7f) | 0x80);
  return Buffer.concat([Buffer.from([...head, rest]), bytes]);
}

let sources = 1;
let connections = 0;

/** So many addresses of loopback (127.66.0.0/16) are those of the attackers, who are not where others are. */
export function useSources(count: number): void {
  sources = count;
}

/** Where the next connection comes from: one address after the other. */
export function nextSource(): string {
  const source = connections++ % sources;
  return `127.66.${source >> 7}.${(source & 127) + 1}`;
}

/** A socket of an attacker. What comes back is thrown away. */
export function rawSocket(port: number): Socket {
  return connect({ host: '127.0.0.1', port, localAddress: nextSource() })
    .on('error', () => {})
    .resume();
}

/** One connection of an attacker: frames as they are, nothing checked. */
export class RawConnection {
  readonly socket: Socket;
  #open = true;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('error', () => {});
    socket.on('close', () => {
      this.#open = false;
    });
  }

  /** Connects, and shakes hands of HTTP/2. What comes back is thrown away; `pause` leaves it unread. */
  static async open(port: number, settings: Uint8Array = Buffer.alloc(0), tls = false): Promise<RawConnection> {
    const options = { host: '127.0.0.1', port, localAddress: nextSource() };
    const socket = tls
      ? connectTls({ ...options, ALPNProtocols: ['h2'], rejectUnauthorized: false })
      : connect(options);
    const connection = new RawConnection(socket);
    await once(socket, tls ? 'secureConnect' : 'connect');
    socket.resume();
    connection.hello(settings);
    return connection;
  }

  /** The preface, and the settings of a client. */
  hello(settings: Uint8Array = Buffer.alloc(0)): void {
    this.write(Buffer.concat([clientPreface, frame('settings', 0, 0, settings)]));
  }

  get isOpen(): boolean {
    return this.#open;
  }

  /** @returns whether the server still takes what it is sent */
  write(bytes: Uint8Array): boolean {
    if (this.#open) this.socket.write(bytes);
    return this.socket.writableLength < 1_000_000;
  }

  /** Resolves when the server has taken what was sent, or the connection is gone. */
  async drained(): Promise<void> {
    while (this.#open && this.socket.writableLength > 0) await new Promise((resolve) => setTimeout(resolve, 1));
  }

  /** Sends one message in DATA frames on streams whose window of 64 KiB the server gives back. */
  data(streamId: number, bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at += 16_384) {
      this.write(frame('data', 0, streamId, bytes.subarray(at, at + 16_384)));
    }
  }

  message(streamId: number, message: Uint8Array): void {
    this.data(streamId, frameMessage(message));
  }
}
