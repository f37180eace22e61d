import type { ServerDuplexStream } from '@grpc/grpc-js';
import { isFullState, kindOf, typeUrlOf } from '../resources.ts';
import type { Fault } from './faults.ts';
import { type Served, type ServedType, sendingOrder } from './served.ts';

/** What a stream has asked for of one type, and was sent. */
export interface Subscription {
  readonly typeUrl: string;
  names: Set<string>;
  isWildcard: boolean;
  /** A name was given once, so that the legacy wildcard is over. */
  hasNamed: boolean;
  /** Versions by name, as sent; 0: said to be missing. */
  readonly sent: Map<string, number>;
  nonce: string;
  /** The last nonce that was acknowledged or rejected. */
  answered: string;
  hasAcked: boolean;
  isRejected: boolean;
  /** Of a fault: names that are not remembered, and how often each was sent. */
  readonly forgotten: Set<string>;
  readonly times: Map<string, number>;
  seenVersion: number;
}

/** What a stream needs of its server. */
export interface StreamOwner {
  readonly fault: Fault | undefined;
  /** What is served of a type to a node. */
  served(node: string, typeUrl: string): ServedType;
  streamsOf(node: string): readonly ServedStream[];
  closed(stream: ServedStream): void;
}

/** What both variants have in common. */
export abstract class ServedStream {
  node = '';
  protected readonly server: StreamOwner;
  protected readonly types = new Map<string, Subscription>();
  readonly #wire: ServerDuplexStream<Buffer, Buffer>;
  #nonces = 0;
  #isCut = false;
  #isEnded = false;

  constructor(server: StreamOwner, wire: ServerDuplexStream<Buffer, Buffer>) {
    this.server = server;
    this.#wire = wire;
    wire.on('data', (bytes: Buffer) => this.receive(bytes));
    wire.on('cancelled', () => server.closed(this));
    wire.on('error', () => server.closed(this));
    wire.on('end', () => wire.end());
  }

  /** Sends what has changed, type by type. */
  publish(): void {
    if (this.#isCut) return;
    const isBlocked = this.has('nack-blocks-all') && [...this.types.values()].some((one) => one.isRejected);
    for (const typeUrl of this.has('routes-first') ? sendingOrder.toReversed() : sendingOrder) {
      const subscription = this.types.get(typeUrl);
      if (subscription === undefined) continue;
      const isFence = typeUrl === typeUrlOf.SDS;
      if (isBlocked && !subscription.isRejected && !isFence) continue;
      if (this.has('nack-ends-type') && subscription.isRejected) continue;
      const before = subscription.nonce;
      this.update(subscription);
      if (this.has('endpoints-resend-listeners') && typeUrl === typeUrlOf.EDS && subscription.nonce !== before) {
        const listeners = this.types.get(typeUrlOf.LDS);
        if (listeners !== undefined) this.send(listeners, this.visible(listeners), []);
      }
    }
  }

  protected abstract receive(bytes: Buffer): void;

  /** Sends what the client does not have. */
  protected abstract update(subscription: Subscription): void;

  protected abstract encode(
    subscription: Subscription,
    resources: readonly Served[],
    removed: readonly string[],
  ): Uint8Array;

  protected has(fault: Fault): boolean {
    return this.server.fault === fault;
  }

  protected served({ typeUrl }: Subscription): ServedType {
    const isForgotten = this.has('node-forgotten') && typeUrl === typeUrlOf.LDS;
    return this.server.served(isForgotten ? '' : this.node, typeUrl);
  }

  protected subscriptionOf(typeUrl: string, nodeId: string | undefined): Subscription {
    if (nodeId !== undefined) this.node = nodeId;
    const subscription = this.types.get(typeUrl) ?? {
      ...{ typeUrl, names: new Set(), isWildcard: false, hasNamed: false, sent: new Map() },
      ...{ nonce: '', answered: '', hasAcked: false, isRejected: false },
      ...{ forgotten: new Set(), times: new Map(), seenVersion: this.server.served(this.node, typeUrl).version },
    };
    this.types.set(typeUrl, subscription);
    if (this.has('unknown-type-ends') && kindOf(typeUrl) === undefined) this.end();
    return subscription;
  }

  /** Takes note of an ACK or NACK; whether it is answered by what was sent already, which only faults do. */
  protected acknowledge(subscription: Subscription, nonce: string, isRejected: boolean): boolean {
    const isAnswer = nonce !== '' && nonce !== subscription.answered;
    subscription.answered = nonce;
    if (!isAnswer) return false;
    subscription.isRejected = isRejected;
    if (isRejected && this.has('nack-cuts-others')) {
      for (const other of this.server.streamsOf(this.node)) other.#isCut = other !== this;
    }
    const { hasAcked } = subscription;
    subscription.hasAcked ||= !isRejected;
    if (isRejected) return this.has(hasAcked ? 'later-nack-answered' : 'first-nack-answered');
    return this.has('ack-answered') && subscription.typeUrl !== typeUrlOf.SDS;
  }

  /** What there is of what is asked for. */
  protected visible(subscription: Subscription): Served[] {
    const { names, isWildcard, forgotten, typeUrl } = subscription;
    const all = [...this.served(subscription).resources.values()];
    const isOdd = (name: string): boolean => this.has('odd-names-unknown') && !/^[\w*-]+$/.test(name);
    const visible = all.filter(({ name }) => (isWildcard || names.has(name)) && !forgotten.has(name) && !isOdd(name));
    if (this.has('subset-unanswered') && !isWildcard && all.some(({ name }) => !names.has(name))) return [];
    if (this.has('one-name-a-request') && !isWildcard && typeUrl !== typeUrlOf.SDS) return visible.slice(0, 1);
    if (this.has('second-change-lost') && typeUrl !== typeUrlOf.SDS) {
      return visible.filter(({ name }) => (subscription.times.get(name) ?? 0) < 2);
    }
    return visible;
  }

  /** Whether everything is sent although nothing of it changed, which only a fault does. */
  protected isSentForOthers(subscription: Subscription): boolean {
    const { version } = this.served(subscription);
    const isOthers =
      this.has('others-changes-sent') && subscription.sent.size > 0 && subscription.seenVersion !== version;
    subscription.seenVersion = version;
    return isOthers;
  }

  /** Whether a name that was sent may have gone; a fault keeps what was given up as it was. */
  protected counts({ names, isWildcard }: Subscription, name: string): boolean {
    return isWildcard || names.has(name) || !this.has('sent-forever');
  }

  protected send(subscription: Subscription, resources: readonly Served[], removed: readonly string[]): void {
    const { sent, times, typeUrl, names, isWildcard } = subscription;
    if (this.#isEnded) return;
    this.#nonces += 1;
    subscription.nonce = this.has('no-nonce') ? '' : String(this.#nonces);
    if (this.has('duplicates') && isWildcard)
      resources = [...resources, ...resources.filter((one) => names.has(one.name))];
    for (const { name, version } of resources) {
      if (sent.get(name) !== version) times.set(name, (times.get(name) ?? 0) + 1);
      sent.set(name, version);
    }
    this.#wire.write(Buffer.from(this.encode(subscription, resources, removed)));
    if (typeUrl !== typeUrlOf.CDS || this.has('no-warming')) return;
    // An Envoy waits for the endpoints of a cluster that it was sent.
    const endpoints = this.types.get(typeUrlOf.EDS);
    for (const { name } of resources) endpoints?.sent.delete(name);
    if (endpoints !== undefined) this.update(endpoints);
  }

  protected end(): void {
    this.#isEnded = true;
    this.#wire.emit('error', { code: 3, details: 'of a fault' });
  }

  protected isRoot({ typeUrl }: Subscription): boolean {
    const kind = kindOf(typeUrl);
    return kind !== undefined && isFullState(kind);
  }
}
