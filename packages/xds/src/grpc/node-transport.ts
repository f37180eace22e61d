import {
  constants,
  type Http2SecureServer,
  type Http2Server,
  type Http2Session,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2';
import type { Fault } from '../http2/fault.ts';
import type { ConnectionAccount, MemoryBudget } from '../memory/memory-budget.ts';
import { SocketPeer } from './socket-peer.ts';
import {
  type GrpcConnection,
  type GrpcStream,
  lingerMs,
  type Peer,
  type RequestHeaders,
  type ResponseHeaders,
  type StreamListener,
} from './transport.ts';

export type AnyHttp2Server = Http2Server | Http2SecureServer;

/** What comes in on a server of `node:http2`. */
export interface NodeServerOwner {
  /** What clients make the server hold is counted here. */
  readonly memory: MemoryBudget;
  connection(connection: GrpcConnection): void;
  /** A client lost its connection for what it did. */
  fault(connection: GrpcConnection, fault: Fault): void;
  /** Whether streams with this path are to be handled; the others stay the server's. */
  serves(path: string): boolean;
  stream(stream: GrpcStream): void;
}

/** Listens for connections and streams of a server of `node:http2`; returns the function that ends it. */
export function attachToNodeServer(server: AnyHttp2Server, owner: NodeServerOwner): () => void {
  const connections = new WeakMap<Http2Session, NodeConnection>();
  const connectionOf = (session: Http2Session): NodeConnection => {
    let connection = connections.get(session);
    if (connection === undefined) {
      connection = new NodeConnection(session, owner);
      connections.set(session, connection);
    }
    return connection;
  };
  const onSession = (session: Http2Session): void => owner.connection(connectionOf(session));
  const onStream = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void => {
    if (stream.destroyed || stream.session === undefined || !owner.serves(headers[':path'] ?? '')) return;
    owner.stream(new NodeStream(stream, headers, connectionOf(stream.session)));
  };
  server.on('session', onSession);
  server.on('stream', onStream);
  return () => {
    server.off('session', onSession);
    server.off('stream', onStream);
  };
}

/** What a session of Node takes beside what its client sends: about. */
const connectionBytes = 32 * 1024;

class NodeConnection implements GrpcConnection {
  readonly peer: Peer;
  readonly account: ConnectionAccount;
  readonly #session: Http2Session;
  #streams = 0;
  #streamsEver = 0;

  constructor(session: Http2Session, owner: NodeServerOwner) {
    this.#session = session;
    this.account = owner.memory.open(
      {
        isIdle: () => this.#streams === 0,
        evict: (message) => {
          owner.fault(this, { reason: 'memory', scope: 'connection', message });
          session.destroy();
        },
      },
      connectionBytes,
    );
    session.once('close', () => this.account.close());
    this.peer = new SocketPeer(session.socket);
    // A broken connection is no error of ours; 'close' follows.
    session.on('error', () => {});
    session.on('stream', (stream) => {
      this.#streams += 1;
      this.#streamsEver += 1;
      stream.on('close', () => {
        this.#streams -= 1;
      });
    });
  }

  get isClosed(): boolean {
    return this.#session.closed || this.#session.destroyed;
  }

  get streams(): number {
    return this.#streams;
  }

  get streamsEver(): number {
    return this.#streamsEver;
  }

  /** Node reads as it likes; only what a message carries is bounded. */
  get isFull(): boolean {
    return false;
  }

  defer(work: () => void): void {
    setImmediate(work);
  }

  goAway(): void {
    if (!this.isClosed) this.#session.close();
  }

  destroy(): void {
    this.#session.destroy();
  }

  ping(answered: () => void): void {
    if (!this.isClosed) this.#session.ping(answered);
  }

  onClose(listener: () => void): void {
    this.#session.once('close', listener);
  }
}

class NodeStream implements GrpcStream {
  readonly headers: RequestHeaders;
  readonly connection: GrpcConnection;
  readonly #stream: ServerHttp2Stream;

  constructor(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, connection: GrpcConnection) {
    this.#stream = stream;
    this.connection = connection;
    this.headers = Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value]),
    );
    // A client that resets the stream is no error of ours; 'close' follows.
    stream.on('error', () => {});
  }

  get isOpen(): boolean {
    return !this.#stream.destroyed;
  }

  get isWritable(): boolean {
    return !this.#stream.destroyed && !this.#stream.writableNeedDrain;
  }

  accept(headers: ResponseHeaders, listener: StreamListener): void {
    const stream = this.#stream;
    stream.on('data', (chunk: Buffer) => listener.data(chunk));
    stream.on('end', () => {
      // A reset ends the readable side as well.
      if (!stream.aborted) listener.ended();
    });
    stream.on('drain', () => listener.writable());
    stream.on('close', () => listener.closed());
    stream.respond(headers, { waitForTrailers: true });
  }

  write(bytes: Uint8Array): void {
    if (this.isOpen) this.#stream.write(bytes);
  }

  end(trailers: ResponseHeaders): void {
    const stream = this.#stream;
    // On a mounted server with a `request` listener, Node's compatibility layer would send trailers of its own.
    stream.removeAllListeners('wantTrailers');
    stream.once('wantTrailers', () => {
      stream.sendTrailers(trailers);
      this.#resetLater();
    });
    stream.end();
  }

  refuse(headers: ResponseHeaders, body = ''): void {
    const stream = this.#stream;
    stream.resume();
    stream.respond(headers, { endStream: body === '' });
    if (body !== '') stream.end(body);
    this.#resetLater();
  }

  /**
   * Resets the stream if its client goes on sending after the end. Not at once: a reset that overtakes the trailers would
   * hide the status.
   */
  #resetLater(): void {
    const stream = this.#stream;
    if (stream.readableEnded) return;
    const timer = setTimeout(() => stream.close(constants.NGHTTP2_NO_ERROR), lingerMs).unref();
    stream.once('close', () => clearTimeout(timer));
  }
}
