import type { CacheChange } from '../cache/xds-cache.ts';
import { systemClock } from '../clock.ts';
import { messageOf } from '../errors.ts';
import type { CallHandler, ServerCall } from '../grpc/call.ts';
import { dismissalMessage } from '../grpc/methods.ts';
import { peerHost } from '../grpc/peer-host.ts';
import type { GrpcRouter } from '../grpc/router.ts';
import { GrpcError, grpcStatus } from '../grpc/status.ts';
import type { XdsLimits } from '../limits.ts';
import { anonymousNode, type XdsNode } from '../node.ts';
import type { Membership, StreamEnvironment } from '../stream/discovery-stream.ts';
import { ResponseEncoder } from '../stream/response-encoder.ts';
import { restrictView } from '../stream/restricted-view.ts';
import { SotwRequestReader } from '../stream/sotw-request-reader.ts';
import { wildcardName } from '../stream/subscription.ts';
import type { EventLoop } from '../transport/event-loop.ts';
import type { AdsServerOptions } from './ads-server-options.ts';
import type { ClientResource, ClientStatus } from './client-status.ts';
import { DiscoveryCall, type DiscoveryCallOwner } from './discovery-call.ts';
import { type DiscoveryMethod, discoveryMethods } from './discovery-methods.ts';
import { FanOut } from './fan-out.ts';
import type { StreamInfo, XdsObserver } from './observer.ts';
import { SubscriberIndex } from './subscriber-index.ts';

/** The discovery methods of a server: its streams, what they ask for, and what they are sent when the cache changes. */
export class DiscoveryService {
  readonly #options: AdsServerOptions;
  readonly #observer: XdsObserver;
  readonly #loop: EventLoop;
  readonly #index = new SubscriberIndex<DiscoveryCall>();
  readonly #fanOut: FanOut;
  readonly #environment: StreamEnvironment;
  readonly #owner: DiscoveryCallOwner;
  /** By the number of the stream. */
  readonly #calls = new Map<number, DiscoveryCall>();
  readonly #unobserve: () => void;
  #ready: boolean;
  #closing = false;
  #lastId = 0;

  constructor(options: AdsServerOptions, limits: XdsLimits, loop: EventLoop) {
    const { clock = systemClock, coalesceMs = 25 } = options;
    this.#options = options;
    this.#observer = options.observer ?? {};
    this.#ready = options.ready ?? true;
    this.#loop = loop;
    this.#fanOut = new FanOut(clock, coalesceMs);
    this.#environment = {
      encoder: new ResponseEncoder(options.identifier),
      requests: new SotwRequestReader(limits),
      limits,
      now: () => clock.now(),
    };
    this.#owner = {
      observer: this.#observer,
      onRequest: options.onRequest,
      join: (call, node) => this.#join(call, node),
      after: (delayMs, callback) => clock.after(delayMs, callback),
      served: (call) => this.#fanOut.remove(call),
      closed: (call, rest) => this.#closed(call, rest),
    };
    this.#unobserve = options.cache.observe((change) => this.#changed(change));
  }

  /** Serves the methods there. */
  addTo(router: GrpcRouter): void {
    for (const method of discoveryMethods) router.add(method.path, (call) => this.#open(call, method));
  }

  /** See `AdsServer.setReady`. */
  setReady(ready: boolean): void {
    this.#ready = ready;
  }

  /** Whether new streams are served. */
  get isReady(): boolean {
    return this.#ready && !this.#closing;
  }

  /** Every stream, what it asked for, was sent and answered. */
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

  /** Streams that are open, and what they subscribe to: names, and wildcards as one. */
  get open(): { readonly streams: number; readonly subscriptions: number } {
    return { streams: this.#calls.size, subscriptions: this.#index.size };
  }

  /** Sends what was withheld while it was undecided. */
  resume(): void {
    for (const call of this.#calls.values()) this.#fanOut.add(call);
  }

  /** Takes no further streams, and hears of no further changes. */
  close(): void {
    this.#closing = true;
    this.#unobserve();
    this.#fanOut.close();
  }

  #open(call: ServerCall, method: DiscoveryMethod): CallHandler {
    if (!this.isReady) {
      this.#observer.refused?.({ limit: 'ready', peer: call.peer.address });
      const message = this.#closing ? dismissalMessage : 'the control plane does not know its services yet';
      throw new GrpcError(grpcStatus.unavailable, message);
    }
    this.#lastId += 1;
    this.#admit(call, method);
    const id = this.#lastId;
    const discoveryCall = new DiscoveryCall(id, call, method, this.#environment, this.#owner);
    this.#calls.set(id, discoveryCall);
    return discoveryCall;
  }

  #join(call: DiscoveryCall, node: XdsNode): Membership {
    const group = this.#options.group?.(node, call.peer) ?? '';
    const view = this.#options.cache.view(group);
    const interest = this.#index.sink(group, call);
    const filter = this.#options.access?.(node, call.peer);
    const errorOf = this.#options.resourceErrors?.(node, call.peer);
    if (filter === undefined) return { view, interest, errorOf };
    const restricted = restrictView(view, filter, (typeUrl, name) =>
      this.#observer.hidden?.(call.info, { typeUrl, name }),
    );
    return { view: restricted, interest, hidden: restricted.hidden, errorOf };
  }

  #closed(call: DiscoveryCall, rest: Iterator<void> | undefined): void {
    this.#fanOut.remove(call);
    this.#calls.delete(call.id);
    if (rest !== undefined) this.#loop.spread(peerHost(call.peer.address), rest);
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
