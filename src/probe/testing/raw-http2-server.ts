import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import {
  clientPreface,
  defaultWindowSize,
  type ErrorCode,
  encodeHeaders,
  errorCode,
  FrameReader,
  frameFlag,
  frameHeaderLength,
  frameType,
  goAwayFrame,
  headerFrames,
  rstStreamFrame,
  settingId,
  settingsAckFrame,
  settingsFrame,
  windowUpdateFrame,
  writeFrameHeader,
} from '@evenkeel/xds/http2';

export type HeaderPairs = readonly (readonly [string, string])[];

/** Headers of an answer of gRPC. */
export const grpcHeaders: HeaderPairs = [
  [':status', '200'],
  ['content-type', 'application/grpc'],
];

/** An empty message. */
export const emptyMessage: Buffer = Buffer.alloc(5);

/** A frame as it is; nothing is checked. */
export function anyFrame(type: number, flags: number, streamId: number, payload: Uint8Array = Buffer.alloc(0)): Buffer {
  const frame = Buffer.alloc(frameHeaderLength + payload.length);
  writeFrameHeader(frame, 0, type, flags, streamId, payload.length);
  frame.set(payload, frameHeaderLength);
  return frame;
}

/** A request that came whole, and ways to answer it rightly and wrongly. */
export class RawStream {
  readonly connection: RawConnection;
  readonly id: number;

  constructor(connection: RawConnection, id: number) {
    this.connection = connection;
    this.id = id;
  }

  headers(headers: HeaderPairs, endStream = false): this {
    for (const frame of headerFrames(this.id, encodeHeaders(headers, false), endStream)) this.connection.write(frame);
    return this;
  }

  data(payload: Uint8Array, endStream = false): this {
    return this.frame(frameType.data, endStream ? frameFlag.endStream : 0, payload);
  }

  /** Ends an answer of gRPC. */
  trailers(status = '0', more: HeaderPairs = []): this {
    return this.headers([['grpc-status', status], ...more], true);
  }

  reset(code: ErrorCode | number): this {
    this.connection.write(rstStreamFrame(this.id, code as ErrorCode));
    return this;
  }

  frame(type: number, flags: number, payload?: Uint8Array): this {
    this.connection.write(anyFrame(type, flags, this.id, payload));
    return this;
  }

  /** The usual answer. */
  ok(): this {
    return this.headers(grpcHeaders).data(emptyMessage).trailers();
  }
}

export interface RawServerOptions {
  /** SETTINGS that it begins with. */
  readonly settings?: readonly (readonly [id: number, value: number])[];
  /** A request has come whole. */
  readonly onRequest: (stream: RawStream, server: RawHttp2Server) => void;
  /** A request has begun; by default nothing is done, and windows are given back as data comes. */
  readonly onHead?: (stream: RawStream) => void;
  /** DATA has come; by default the windows are given back. */
  readonly onData?: (stream: RawStream, bytes: number) => void;
}

/** One connection of it. */
export class RawConnection {
  readonly #socket: Socket;
  readonly #options: RawServerOptions;
  readonly #server: RawHttp2Server;
  readonly #reader = new FrameReader(clientPreface);
  /** Requests that have begun on it. */
  requests = 0;
  /** Requests that came whole. */
  whole = 0;
  lastId = 0;
  /** Bytes that may still come, by stream; 0: the connection. */
  readonly #credits = new Map<number, number>([[0, defaultWindowSize]]);

  constructor(socket: Socket, options: RawServerOptions, server: RawHttp2Server) {
    this.#socket = socket;
    this.#options = options;
    this.#server = server;
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => this.#reader.read(chunk, this));
    this.write(settingsFrame(options.settings ?? []));
  }

  write(bytes: Uint8Array): void {
    if (!this.#socket.destroyed) this.#socket.write(bytes);
  }

  stream(id: number): RawStream {
    return new RawStream(this, id);
  }

  goAway(lastId: number, code: ErrorCode = errorCode.noError, message = ''): void {
    this.write(goAwayFrame(lastId, code, message));
  }

  end(): void {
    this.#socket.end();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /** Counts DATA against the windows that were given, and gives them back. */
  #giveBack(streamId: number, bytes: number): void {
    for (const id of [0, streamId]) {
      const left = (this.#credits.get(id) ?? this.#initialWindow) - bytes;
      if (left < 0) this.#server.violations += 1;
      this.#credits.set(id, left + bytes);
      this.write(windowUpdateFrame(id, bytes));
    }
  }

  get #initialWindow(): number {
    return this.#options.settings?.find(([id]) => id === settingId.initialWindowSize)?.[1] ?? defaultWindowSize;
  }

  frame(type: number, flags: number, streamId: number, payload: Buffer): void {
    const stream = this.stream(streamId);
    if (type === frameType.settings && (flags & frameFlag.ack) === 0) this.write(settingsAckFrame);
    if (type === frameType.ping && (flags & frameFlag.ack) === 0) {
      this.write(anyFrame(frameType.ping, frameFlag.ack, 0, payload));
    }
    if (type === frameType.rstStream) this.#server.resets.push(payload.readUInt32BE(0));
    if (type === frameType.goAway) this.#server.goAways.push(payload.toString('latin1', 8));
    if (type === frameType.headers) {
      this.requests += 1;
      this.lastId = streamId;
      this.#options.onHead?.(stream);
    }
    if (type === frameType.data && payload.length > 0) {
      this.#server.bytes += payload.length;
      const { onData } = this.#options;
      if (onData !== undefined) onData(stream, payload.length);
      else this.#giveBack(streamId, payload.length);
    }
    const mayEnd = type === frameType.headers || type === frameType.data;
    if (!mayEnd || (flags & frameFlag.endStream) === 0) return;
    this.whole += 1;
    this.#options.onRequest(stream, this.#server);
  }
}

/** A server of HTTP/2 that does whatever a test says, right or wrong. */
export class RawHttp2Server {
  readonly connections: RawConnection[] = [];
  /** Codes of RST_STREAM that came. */
  readonly resets: number[] = [];
  /** Messages of GOAWAY that came. */
  readonly goAways: string[] = [];
  port = 0;
  /** DATA that came beyond its window. */
  violations = 0;
  /** Bytes of DATA that came. */
  bytes = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(options: RawServerOptions) {
    this.#server = createServer({ noDelay: true }, (socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
      this.connections.push(new RawConnection(socket, options, this));
    });
  }

  /** @param port - default: a free one */
  static async start(options: RawServerOptions, port = 0): Promise<RawHttp2Server> {
    const server = new RawHttp2Server(options);
    server.#server.listen(port, '127.0.0.1');
    await once(server.#server, 'listening');
    server.port = (server.#server.address() as AddressInfo).port;
    return server;
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  async stop(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}

/** SETTINGS by name. */
export const setting: typeof settingId = settingId;
