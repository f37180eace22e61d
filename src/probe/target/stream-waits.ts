import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { ClientHttp2Session, ClientHttp2Stream } from 'node:http2';

interface Told {
  readonly stream: ClientHttp2Stream;
}

/**
 * Calls of HTTP/2 clients in this process that were begun while their connection had all streams that the server allows
 * (SETTINGS_MAX_CONCURRENT_STREAMS): they wait inside of Node, and grpc-js says nothing of it. By looking on alone; a version of
 * Node without these channels (before 24) counts none.
 */
export class StreamWaits {
  count = 0;
  readonly #open = new WeakMap<ClientHttp2Session, number>();
  readonly #sessions = new WeakMap<ClientHttp2Stream, ClientHttp2Session>();

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
    const session = stream.session as ClientHttp2Session | undefined;
    if (session === undefined) return;
    const open = (this.#open.get(session) ?? 0) + 1;
    this.#open.set(session, open);
    this.#sessions.set(stream, session);
    if (open > (session.remoteSettings.maxConcurrentStreams ?? Number.POSITIVE_INFINITY)) this.count += 1;
  };

  readonly #closed = (message: unknown): void => {
    const session = this.#sessions.get((message as Told).stream);
    if (session !== undefined) this.#open.set(session, this.#open.get(session)! - 1);
  };
}

const channels = { created: 'http2.client.stream.created', closed: 'http2.client.stream.close' } as const;
