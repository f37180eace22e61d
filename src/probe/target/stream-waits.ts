import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { ClientHttp2Session, ClientHttp2Stream } from 'node:http2';

/** The streams of a connection that are open. */
interface Open {
  streams: number;
}

interface Marked {
  [mark: symbol]: Open | undefined;
}

interface Told {
  readonly stream: ClientHttp2Stream & Marked;
}

/**
 * Calls of HTTP/2 clients in this process that were begun while their connection had all streams that the server allows
 * (SETTINGS_MAX_CONCURRENT_STREAMS): they wait inside of Node, and grpc-js says nothing of it. By looking on alone; a version of
 * Node without these channels (before 24) counts none.
 */
export class StreamWaits {
  count = 0;
  /** On a connection and its streams: a map is asked four times for each call, and weak keys cost the collector more. */
  readonly #open = Symbol('open streams of the connection');

  constructor() {
    subscribe(channels.created, this.#created);
    subscribe(channels.closed, this.#closed);
  }

  stop(): void {
    unsubscribe(channels.created, this.#created);
    unsubscribe(channels.closed, this.#closed);
  }

  readonly #created = (message: unknown): void => {
    const { stream } = message as Told;
    // Typed as for servers; it is undefined once the stream is destroyed.
    const session = stream.session as (ClientHttp2Session & Marked) | undefined;
    if (session === undefined) return;
    const open = session[this.#open] ?? { streams: 0 };
    open.streams += 1;
    session[this.#open] = open;
    stream[this.#open] = open;
    if (open.streams > (session.remoteSettings.maxConcurrentStreams ?? Number.POSITIVE_INFINITY)) this.count += 1;
  };

  readonly #closed = (message: unknown): void => {
    const open = (message as Told).stream[this.#open];
    if (open !== undefined) open.streams -= 1;
  };
}

const channels = { created: 'http2.client.stream.created', closed: 'http2.client.stream.close' } as const;
