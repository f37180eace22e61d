import type { ServerOptions } from 'node:http2';
import type { BlockList, Socket } from 'node:net';
import type { TlsOptions } from 'node:tls';
import { systemClock } from '../clock.ts';
import { type AnyHttp2Server, attachToNodeServer } from '../grpc/node-transport.ts';
import { GrpcRouter } from '../grpc/router.ts';
import { defaultLimits, type XdsLimits } from '../limits.ts';
import { defaultMemoryLimits, MemoryBudget } from '../memory/memory-budget.ts';
import { ConnectionShares } from '../transport/connection-shares.ts';
import { EventLoop } from '../transport/event-loop.ts';
import { defaultHttp2Limits } from '../transport/limits.ts';
import { serveSocket } from '../transport/socket-connection.ts';
import type { ConnectionOwner } from '../transport/wire.ts';
import { listenOnQueues } from './accept-queues.ts';
import type { AdsServerOptions } from './ads-server-options.ts';
import type { ClientResource, ClientStatus } from './client-status.ts';
import { DiscoveryService } from './discovery-service.ts';
import { HealthService } from './health-service.ts';
import type { ListenAddress } from './listen-address.ts';
import { createListener } from './listener.ts';
import type { StreamInfo, XdsObserver } from './observer.ts';
import { Sessions } from './sessions.ts';

/** Settings of an HTTP/2 server that keep to the limits; a server that is mounted should be made with them. */
export function http2ServerOptions(limits: Partial<XdsLimits> = {}): ServerOptions {
  const { streamsPerSession, sessionMemoryMb, headerBytes } = { ...defaultLimits, ...limits };
  return {
    maxSessionMemory: sessionMemoryMb,
    settings: { maxConcurrentStreams: streamsPerSession, maxHeaderListSize: headerBytes, enablePush: false },
  };
}

/**
 * Serves an {@link XdsCache} to xDS clients: aggregated and per-type discovery, state of the world and incremental.
 */
export class AdsServer {
  /** Further gRPC services on the same ports. */
  readonly services: GrpcRouter;
  /** What clients make the server hold; further code that holds something for them may charge it here. */
  readonly memory: MemoryBudget;
  /** Who has to wait in a storm of connections; option `blockList` of a server whose sockets come to {@link AdsServer.acceptSocket}. */
  readonly shares: BlockList;
  readonly #options: AdsServerOptions;
  readonly #observer: XdsObserver;
  readonly #limits: XdsLimits;
  readonly #discovery: DiscoveryService;
  readonly #sessions: Sessions;
  readonly #health: HealthService;
  readonly #loop: EventLoop;
  readonly #acceptSocket: (socket: Socket) => void;
  /** End the listening; resolve when all connections are over. */
  readonly #stops: (() => Promise<void>)[] = [];
  readonly #detach: (() => void)[] = [];

  constructor(options: AdsServerOptions) {
    const { keepaliveMs = 30_000, maxConnectionAgeMs = 0, graceMs = 5_000 } = options;
    const { clock = systemClock } = options;
    const limits = { ...defaultLimits, ...options.limits };
    this.#options = options;
    this.#limits = limits;
    this.memory = new MemoryBudget(defaultMemoryLimits(options.memory));
    this.#observer = options.observer ?? {};
    this.#loop = new EventLoop(clock);
    this.#discovery = new DiscoveryService(options, limits, this.#loop);
    this.#sessions = new Sessions({
      clock,
      maxSessions: limits.sessions,
      keepaliveMs,
      maxAgeMs: maxConnectionAgeMs,
      graceMs,
      authorize: (peer) => options.authorize?.(peer),
      refused: (refusal) => this.#observer.refused?.(refusal),
      leaving: (connection) => this.services.dismiss(connection),
    });
    this.services = new GrpcRouter({ maxMessageBytes: limits.requestBytes });
    this.#discovery.addTo(this.services);
    this.#health = new HealthService(this.isReady, (service) => this.services.hasService(service));
    this.#health.addTo(this.services);
    this.#acceptSocket = this.#socketServer();
    this.shares = new ConnectionShares({
      loop: this.#loop,
      clock,
      addresses: () => this.#sessions.addresses,
      refused: (peer) => this.#observer.refused?.({ limit: 'connections', peer }),
    });
  }

  /**
   * Starts an HTTP/2 server: with TLS where `tls` is given, as `node:tls` takes it (`cert`, `key`, and `ca` with `requestCert` for
   * clients that have to show a certificate); TLS 1.2 or newer, ALPN `h2`.
   *
   * @param address - port 0 lets the system choose
   * @returns where it listens
   * @throws what the system says, such as EADDRINUSE
   */
  async listen({ host, port, tls }: ListenAddress & { readonly tls?: TlsOptions | undefined }): Promise<ListenAddress> {
    const { server, cut } = createListener(tls, this.shares, (socket) => this.acceptSocket(socket));
    const listening = await listenOnQueues(server, { host, port }, this.shares);
    server.on('error', (error) => this.#observer.serverError?.(error));
    this.#stops.push(async () => {
      const closed = listening.close();
      cut();
      await closed;
    });
    return { host, port: listening.port };
  }

  /**
   * Serves on the caller's HTTP/2 server, with TLS or without. Streams for other services stay the caller's; a `request`
   * listener of his has to leave alone what {@link AdsServer.serves}. Streams at once and bytes of headers are bounded as on
   * connections of `listen`; for the rest make the server with {@link http2ServerOptions}.
   */
  mount(server: AnyHttp2Server): void {
    const { settings } = http2ServerOptions(this.#limits);
    server.updateSettings(settings ?? {});
    this.#detach.push(this.#attach(server, (path) => this.serves(path)));
  }

  /**
   * Serves one connection of a server that the caller runs, of `node:net` or `node:tls`: to be called from its `connection`
   * or `secureConnection` listener, with TLS where `h2` was agreed on (ALPN). HTTP/2 alone, whatever the path.
   */
  acceptSocket(socket: Socket): void {
    this.#acceptSocket(socket);
  }

  /** Whether a request with this path is answered here. */
  serves(path: string): boolean {
    return this.services.serves(path);
  }

  /**
   * The gate. While it is closed, new discovery streams are refused with UNAVAILABLE, and clients keep what they have:
   * to be opened once the cache has been filled for the first time. An empty cache would be an order to forget everything.
   * Streams that are open go on. `grpc.health.v1` says NOT_SERVING meanwhile.
   */
  setReady(ready: boolean): void {
    this.#discovery.setReady(ready);
    this.#health.setServing(ready);
  }

  /** Whether new discovery streams are served. */
  get isReady(): boolean {
    return this.#discovery.isReady;
  }

  /** Every discovery stream, what it asked for, was sent and answered. */
  clients(): ClientStatus[] {
    return this.#discovery.clients();
  }

  /** What the client of a stream asked for, and what it was sent of it; undefined where the stream is over. */
  resourcesOf(streamId: number): ClientResource[] | undefined {
    return this.#discovery.resourcesOf(streamId);
  }

  /** Streams that name a resource; those that get it by a wildcard are not among them. */
  streamsOf(typeUrl: string, name: string): StreamInfo[] {
    return this.#discovery.streamsOf(typeUrl, name);
  }

  /** Connections and discovery streams that are open, and what these subscribe to: names, and wildcards as one. */
  get open(): { readonly sessions: number; readonly streams: number; readonly subscriptions: number } {
    return { sessions: this.#sessions.size, ...this.#discovery.open };
  }

  /**
   * Asks the clients that are connected now to reconnect, each at a random moment within so many milliseconds; 0: all at once.
   * GOAWAY, and its streams end with UNAVAILABLE: a client keeps its resources and connects to whatever its name leads to.
   *
   * @param youngestMs - the time of a connection that is younger begins when it is so old; default 0. grpc-js-xds up to 1.14.1
   *   waits longer from reconnect to reconnect (up to 2 minutes and a fifth) where a stream ends sooner than that.
   * @returns how many connections it concerns
   */
  reconnect(withinMs: number, youngestMs = 0): number {
    return this.#sessions.move(withinMs, youngestMs);
  }

  /** Sends what was withheld while it was undecided (`SnapshotCacheOptions.undecided`). */
  resume(): void {
    this.#discovery.resume();
  }

  /** Ends everything: streams with UNAVAILABLE, connections with GOAWAY; what is left after the grace time is cut. */
  async close(): Promise<void> {
    // A connection whose turn is over is paused, and neither a paused socket nor the timer that resumes it holds a process.
    const held = setInterval(() => {}, 60_000);
    try {
      await this.#close();
    } finally {
      clearInterval(held);
    }
  }

  /** {@link AdsServer.close}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    this.#discovery.close();
    this.#health.setServing(false);
    this.services.dismiss();
    const stopped = this.#stops.splice(0).map((stop) => stop());
    await this.#sessions.dismissAll();
    await Promise.all(stopped);
    for (const detach of this.#detach.splice(0)) detach();
    this.#loop.finish();
  }

  /** What serves the sockets of `listen` and `acceptSocket`, with the HTTP/2 of our own. */
  #socketServer(): (socket: Socket) => void {
    const { clock = systemClock, http2 } = this.#options;
    const { streamsPerSession: maxStreams, headerBytes: headerListBytes } = this.#limits;
    const http2Limits = { ...defaultHttp2Limits, ...http2, maxStreams, headerListBytes };
    const owner: ConnectionOwner = {
      request: (stream) => this.services.handle(stream),
      fault: ({ peer }, fault) => this.#observer.fault?.({ ...fault, peer: peer.address }),
    };
    return (socket) => this.#sessions.accept(serveSocket(socket, owner, http2Limits, clock, this.memory, this.#loop));
  }

  #attach(server: AnyHttp2Server, isOurs: (path: string) => boolean): () => void {
    return attachToNodeServer(server, {
      memory: this.memory,
      fault: ({ peer }, fault) => this.#observer.fault?.({ ...fault, peer: peer.address }),
      connection: (connection) => this.#sessions.accept(connection),
      serves: isOurs,
      stream: (stream) => this.services.handle(stream),
    });
  }
}
