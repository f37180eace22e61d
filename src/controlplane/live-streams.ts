import type { OutgoingHttpHeader, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Streams of server-sent events at once; one page, or one `curl`, has one. */
const maxStreams = 16;
/** Milliseconds after which a stream that is not read is ended. */
const unreadTimeoutMs = 30_000;

export interface LiveStream {
  /**
   * Sends an event, unless what was sent before has not been read yet: then nothing is made of it.
   *
   * @param make - what becomes the event's data, as JSON
   */
  send(event: string, make: () => object): void;
}

/** Server-sent events (HTML, "Server-sent events"), few at once, each with one event in memory that was not read. */
export class LiveStreams {
  readonly #open = new Set<ServerResponse>();
  readonly #changed: (socket: Socket, isOpen: boolean) => void;
  readonly #timeoutMs: number;

  /** @param changed - told when a stream begins on a socket, and when it has ended */
  constructor(changed: (socket: Socket, isOpen: boolean) => void = () => {}, timeoutMs: number = unreadTimeoutMs) {
    this.#changed = changed;
    this.#timeoutMs = timeoutMs;
  }

  /** Whether there is no room for one more. */
  get isFull(): boolean {
    return this.#open.size >= maxStreams;
  }

  /**
   * Makes an answer a stream.
   *
   * @param begin - called with it; returns what is to be called when it has ended
   */
  open(
    response: ServerResponse,
    headers: Readonly<Record<string, OutgoingHttpHeader | undefined>>,
    begin: (stream: LiveStream) => () => void,
  ): void {
    const { socket } = response;
    // The client is gone already.
    if (socket === null || socket.destroyed) return;
    this.#open.add(response);
    this.#changed(socket, true);
    let unread: NodeJS.Timeout | undefined;
    response.on('drain', () => {
      clearTimeout(unread);
      unread = undefined;
    });
    // A proxy in between is to pass events on as they come.
    response.writeHead(200, {
      ...headers,
      'content-type': 'text/event-stream; charset=utf-8',
      'x-accel-buffering': 'no',
    });
    const end = begin({
      send: (event, make) => {
        if (response.writableNeedDrain || response.destroyed) return;
        if (response.write(`event: ${event}\ndata: ${JSON.stringify(make())}\n\n`)) return;
        unread ??= setTimeout(() => socket.destroy(), this.#timeoutMs).unref();
      },
    });
    response.once('close', () => {
      clearTimeout(unread);
      this.#open.delete(response);
      this.#changed(socket, false);
      end();
    });
  }
}
