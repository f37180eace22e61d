import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { ClientHttp2Session, ClientHttp2Stream } from 'node:http2';
import type { Held } from '../load/engine.ts';

/** Published where Node knows it (from Node 24 on) for each stream of a client, in the context that it was begun in. */
const streamCreated = 'http2.client.stream.created';

/** A call that gets its stream so late never leaves: others of its age end at the same deadline, and make room by that. */
const tooLateMs = 5;

/** Of one call. */
interface Ticket {
  /** On the clock of `performance.now()`. */
  readonly expiresAt: number;
  held: Held | undefined;
}

/** Streams of a connection: those that the server has been asked for, and those that wait for it to take one more. */
interface Queue {
  open: number;
  readonly waiting: Map<ClientHttp2Stream, Ticket>;
}

/**
 * Which calls of grpc-js wait for a stream (SETTINGS_MAX_CONCURRENT_STREAMS). grpc-js does not say: it hands every call to Node,
 * whose HTTP/2 keeps the HEADERS of those that are too many, and sends them in order as others end.
 */
export class StreamQueues {
  readonly #context = new AsyncLocalStorage<Ticket>();
  readonly #queues = new WeakMap<ClientHttp2Session, Queue>();
  readonly #onCreated = (message: unknown): void => this.#created((message as { stream: ClientHttp2Stream }).stream);

  constructor() {
    subscribe(streamCreated, this.#onCreated);
  }

  close(): void {
    unsubscribe(streamCreated, this.#onCreated);
  }

  /** Begins a call; what is returned with it says whether its stream has had to wait, by the time that it is asked. */
  begin<T>(deadlineMs: number, call: () => T): { readonly begun: T; readonly held: () => Held | undefined } {
    const ticket: Ticket = { expiresAt: performance.now() + deadlineMs, held: undefined };
    return { begun: this.#context.run(ticket, call), held: () => ticket.held };
  }

  #created(stream: ClientHttp2Stream): void {
    const ticket = this.#context.getStore();
    const session = stream.session as ClientHttp2Session | undefined;
    if (ticket === undefined || session === undefined) return;
    const queue = this.#queueOf(session);
    if (queue.open < mostOf(session)) {
      queue.open += 1;
      // An attempt that follows one that had to wait.
      leave(ticket);
    } else {
      ticket.held = { for: 'stream', leftAt: undefined };
      queue.waiting.set(stream, ticket);
    }
    stream.once('close', () => {
      if (!queue.waiting.delete(stream)) queue.open -= 1;
      this.#release(session, queue);
    });
  }

  #queueOf(session: ClientHttp2Session): Queue {
    const known = this.#queues.get(session);
    if (known !== undefined) return known;
    const queue: Queue = { open: 0, waiting: new Map() };
    this.#queues.set(session, queue);
    session.on('remoteSettings', () => this.#release(session, queue));
    return queue;
  }

  #release(session: ClientHttp2Session, queue: Queue): void {
    if (session.destroyed) return;
    for (const [stream, ticket] of queue.waiting) {
      if (queue.open >= mostOf(session)) return;
      queue.waiting.delete(stream);
      queue.open += 1;
      leave(ticket);
    }
  }
}

function mostOf({ remoteSettings }: ClientHttp2Session): number {
  return remoteSettings.maxConcurrentStreams ?? Number.POSITIVE_INFINITY;
}

function leave(ticket: Ticket): void {
  const { held, expiresAt } = ticket;
  const now = performance.now();
  if (held !== undefined && held.leftAt === undefined && now < expiresAt - tooLateMs) {
    ticket.held = { ...held, leftAt: now };
  }
}
