import type { ServerOptions } from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import type { TlsOptions } from 'node:tls';
import type { CacheChange, XdsCache } from '../cache/xds-cache.ts';
import { type Clock, systemClock } from '../clock.ts';
import { messageOf } from '../errors.ts';
import type { CallHandler, ServerCall } from '../grpc/call.ts';
import { dismissalMessage } from '../grpc/methods.ts';
import { type AnyHttp2Server, attachToNodeServer } from '../grpc/node-transport.ts';
import { peerHost } from '../grpc/peer-host.ts';
import { GrpcRouter } from '../grpc/router.ts';
import { GrpcError, grpcStatus } from '../grpc/status.ts';
import type { Peer } from '../grpc/transport.ts';
import { defaultLimits, type XdsLimits } from '../limits.ts';
import { defaultMemoryLimits, MemoryBudget, type MemoryLimits } from '../memory/memory-budget.ts';
import { anonymousNode, type XdsNode } from '../node.ts';
import type { StreamEnvironment } from '../stream/discovery-stream.ts';
import { ResponseEncoder } from '../stream/response-encoder.ts';
import { type ResourceFilter, restrictView } from '../stream/restricted-view.ts';
import { SotwRequestReader } from '../stream/sotw-request-reader.ts';
import { wildcardName } from '../stream/subscription.ts';
import { EventLoop } from '../transport/event-loop.ts';
import { defaultHttp2Limits, type Http2Limits } from '../transport/limits.ts';
import { serveSocket } from '../transport/socket-connection.ts';
import type { ConnectionOwner } from '../transport/wire.ts';
import type { ClientResource, ClientStatus } from './client-status.ts';
import { DiscoveryCall } from './discovery-call.ts';
import { type DiscoveryMethod, discoveryMethods } from './discovery-methods.ts';
import { FanOut } from './fan-out.ts';
import { HealthService } from './health-service.ts';
import type { ListenAddress } from './listen-address.ts';
import { createListener } from './listener.ts';
import type { RequestInfo, StreamInfo, XdsObserver } from './observer.ts';
import { Sessions } from './sessions.ts';
import { SubscriberIndex } from './subscriber-index.ts';

/** What an {@link AdsServer} is made of; only the cache is required. */
export interface AdsServerOptions {
  readonly cache: XdsCache;
  /**
   * Group of a node, which decides what it sees. Called once a stream. What it throws ends the stream: a GrpcError, such
   * as PERMISSION_DENIED, with its status. Default: everybody is in the group `''`.
   */
  readonly group?: ((node: XdsNode, peer: Peer) => string) | undefined;
  /**
   * Why a client may not connect, for the observer; undefined where it may. Called once a connection, with TLS after the
   * handshake. Default: everybody may.
   */
  readonly authorize?: ((peer: Peer) => string | undefined) | undefined;
  /**
   * Which resources a client may see; the others do not exist for it. Called once a stream. Default, and where it returns
   * undefined: all of them.
   */
  readonly access?: ((node: XdsNode, peer: Peer) => ResourceFilter | undefined) | undefined;
  /** Called before a stream is served. What it throws ends the stream: a {@link GrpcError} with its status. */
  readonly onStream?: ((stream: StreamInfo, peer: Peer) => void) | undefined;
  /** Called with every request before it is answered. What it throws ends the stream: a {@link GrpcError} with its status. */
  readonly onRequest?: ((stream: StreamInfo, request: RequestInfo) => void) | undefined;
  /** Whether streams are served from the start; see {@link AdsServer.setReady}. Default true. */
  readonly ready?: boolean | undefined;
  readonly limits?: Partial<XdsLimits> | undefined;
  /** How much all clients together, and one connection, may make the server hold. Default: by the memory of the process. */
  readonly memory?: Partial<MemoryLimits> | undefined;
  /**
   * Bounds of a connection of `listen` and `acceptSocket`; `maxStreams` and `headerListBytes` come from
   * {@link AdsServerOptions.limits}. Default: {@link defaultHttp2Limits}.
   */
  readonly http2?: Partial<Omit<Http2Limits, 'maxStreams' | 'headerListBytes'>> | undefined;
  /** Changes within this time after one that was sent are sent together at its end; the first is sent at once. Default 25. */
  readonly coalesceMs?: number | undefined;
  /** A connection is asked to go at this age, ±10 %, so that clients spread over replicas. Default 0: never. */
  readonly maxConnectionAgeMs?: number | undefined;
  /** Interval of HTTP/2 pings to the clients; one that has not answered by the next is cut. Default 30,000; 0: none. */
  readonly keepaliveMs?: number | undefined;
  /** How long a connection that was asked to go may take before it is cut. Default 5,000. */
  readonly graceMs?: number | undefined;
  /** Sent in every response as `control_plane.identifier`. Default: nothing. */
  readonly identifier?: string | undefined;
  readonly observer?: XdsObserver | undefined;
  readonly clock?: Clock | undefined;
}

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
  readonly #options: AdsServerOptions;
  readonly #observer: XdsObserver;
  readonly #index = new SubscriberIndex<DiscoveryCall>();
  readonly #fanOut: FanOut;
  readonly #sessions: Sessions;
  readonly #environment: Omit<StreamEnvironment, 'join'>;
  /** By the number of the stream. */
  readonly #calls = new Map<number, DiscoveryCall>();
  readonly #health: HealthService;
  readonly #loop: EventLoop;
  readonly #acceptSocket: (socket: Socket) => void;
  /** End the listening; resolve when all connections are over. */
  readonly #stops: (() => Promise<void>)[] = [];
  readonly #detach: (() => void)[] = [];
  readonly #unobserve: () => void;
  #ready: boolean;
  #closing = false;
  #lastId = 0;

  constructor(options: AdsServerOptions) {
    const { keepaliveMs = 30_000, maxConnectionAgeMs = 0, graceMs = 5_000, coalesceMs = 25 } = options;
    const { clock = systemClock } = options;
    const limits = { ...defaultLimits, ...options.limits };
    this.#options = options;
    this.memory = new MemoryBudget(defaultMemoryLimits(options.memory));
    this.#observer = options.observer ?? {};
    this.#ready = options.ready ?? true;
    this.#loop = new EventLoop(clock);
    this.#fanOut = new FanOut(clock, coalesceMs);
    this.#environment = {
      encoder: new ResponseEncoder(options.identifier),
      requests: new SotwRequestReader(limits),
      limits,
      now: () => clock.now(),
    };
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
    for (const method of discoveryMethods) this.services.add(method.path, (call) => this.#open(call, method));
    this.#health = new HealthService(this.#ready, (service) => this.services.hasService(service));
    this.#health.addTo(this.services);
    this.#acceptSocket = this.#socketServer();
    this.#unobserve = options.cache.observe((change) => this.#changed(change));
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
    const server = createListener(tls, (socket) => this.acceptSocket(socket));
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      // Far above Node's 511: when a whole fleet comes back at once, a SYN that finds the backlog full waits a second.
      server.listen({ host, port, backlog: 8_192 }, resolve);
    });
    server.removeAllListeners('error').on('error', (error) => this.#observer.serverError?.(error));
    this.#stops.push(() => new Promise((resolve) => server.close(() => resolve())));
    return { host, port: (server.address() as AddressInfo).port };
  }

  /**
   * Serves on the caller's HTTP/2 server, with TLS or without. Streams for other services stay the caller's; a `request`
   * listener of his has to leave alone what {@link AdsServer.serves}. Streams at once and bytes of headers are bounded as on
   * connections of `listen`; for the rest make the server with {@link http2ServerOptions}.
   */
  mount(server: AnyHttp2Server): void {
    const { settings } = http2ServerOptions(this.#environment.limits);
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
    this.#ready = ready;
    this.#health.setServing(ready);
  }

  /** Whether new discovery streams are served. */
  get isReady(): boolean {
    return this.#ready && !this.#closing;
  }

  /** Every discovery stream, what it asked for, was sent and answered. */
  clients(): ClientStatus[] {
    return Array.from(this.#calls.values(), (call) => call.status());
  }

  /** What the client of a stream asked for, and what it was sent of it; undefined where the stream is over. */
  resourcesOf(streamId: number): ClientResource[] | undefined {
    return this.#calls.get(streamId)?.resources();
  }

  /** Streams that name a resource; those that get it by a wildcard are not among them. */
  streamsOf(typeUrl: string, name: string): StreamInfo[] {
    const streams: StreamInfo[] = [];
    // One that is over may not have withdrawn all its interest yet.
    this.#index.visit(typeUrl, name, undefined, ({ info }) => {
      if (this.#calls.has(info.id)) streams.push(info);
    });
    return streams;
  }

  /** Connections and discovery streams that are open, and what these subscribe to: names, and wildcards as one. */
  get open(): { readonly sessions: number; readonly streams: number; readonly subscriptions: number } {
    return { sessions: this.#sessions.size, streams: this.#calls.size, subscriptions: this.#index.size };
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
    for (const call of this.#calls.values()) this.#fanOut.add(call);
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
    this.#closing = true;
    this.#unobserve();
    this.#fanOut.close();
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
    const { limits } = this.#environment;
    const { streamsPerSession: maxStreams, headerBytes: headerListBytes } = limits;
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

  #open(call: ServerCall, method: DiscoveryMethod): CallHandler {
    if (!this.isReady) {
      this.#observer.refused?.({ limit: 'ready', peer: call.peer.address });
      const message = this.#closing ? dismissalMessage : 'the control plane does not know its services yet';
      throw new GrpcError(grpcStatus.unavailable, message);
    }
    this.#lastId += 1;
    this.#admit(call, method);
    const environment: StreamEnvironment = {
      ...this.#environment,
      join: (node) => {
        const group = this.#options.group?.(node, call.peer) ?? '';
        const view = this.#options.cache.view(group);
        const interest = this.#index.sink(group, discoveryCall);
        const filter = this.#options.access?.(node, call.peer);
        if (filter === undefined) return { view, interest };
        const restricted = restrictView(view, filter, (typeUrl, name) =>
          this.#observer.hidden?.(discoveryCall.info, { typeUrl, name }),
        );
        return { view: restricted, interest, hidden: restricted.hidden };
      },
    };
    const id = this.#lastId;
    const discoveryCall = new DiscoveryCall(id, call, method, environment, {
      observer: this.#observer,
      onRequest: this.#options.onRequest,
      served: (served) => this.#fanOut.remove(served),
      closed: (closed, rest) => {
        this.#fanOut.remove(closed);
        this.#calls.delete(id);
        this.#loop.spread(peerHost(call.peer.address), rest);
      },
    });
    this.#calls.set(id, discoveryCall);
    return discoveryCall;
  }

  #admit({ peer }: ServerCall, { variant, path }: DiscoveryMethod): void {
    const { onStream } = this.#options;
    if (onStream === undefined) return;
    try {
      onStream({ id: this.#lastId, variant, path, peer: peer.address, node: anonymousNode, group: undefined }, peer);
    } catch (thrown) {
      this.#observer.refused?.({ limit: 'authorization', peer: peer.address, message: messageOf(thrown) });
      throw thrown;
    }
  }

  #changed({ group, names, seenBy }: CacheChange): void {
    const sees = group === undefined ? undefined : (seenBy ?? ((other: string): boolean => other === group));
    for (const [typeUrl, changed] of names) {
      for (const name of changed) {
        const mark = (call: DiscoveryCall): void => {
          call.changed(typeUrl, name);
          this.#fanOut.add(call);
        };
        this.#index.visit(typeUrl, name, sees, mark);
        this.#index.visit(typeUrl, wildcardName, sees, mark);
      }
    }
  }
}
