import { endpointsNameOf } from '../cache/references.ts';
import type { ResourceView } from '../cache/view.ts';
import { GrpcError, grpcStatus } from '../grpc/status.ts';
import type { XdsLimits } from '../limits.ts';
import { anonymousNode, isEnvoy, type XdsNode } from '../node.ts';
import type { EncodedResource } from '../resource.ts';
import { sendingRank, typeUrls } from '../type-urls.ts';
import { Acknowledgements, type Settlement } from './acknowledgements.ts';
import { nodeSize, streamSize } from './held-size.ts';
import { inPieces } from './in-pieces.ts';
import type { RejectionDetail } from './requests.ts';
import { encodeResourceErrors, type ResourceErrors } from './resource-errors.ts';
import type { ResponseContent, ResponseEncoder } from './response-encoder.ts';
import type { HiddenNames } from './restricted-view.ts';
import type { SotwRequestReader } from './sotw-request-reader.ts';
import { type InterestSink, type PendingSink, Subscription, type Update } from './subscription.ts';
import { maySend, removalOf, type TypeState } from './type-state.ts';

/** What a stream sees, and where it says what it cares for. */
export interface Membership {
  readonly view: ResourceView;
  readonly interest: InterestSink;
  /** Names that it asked for and may not see, as `TYPE_URL NAME`; undefined: it may see everything. */
  readonly hidden?: HiddenNames | undefined;
  /** Why it is not given what it asks for; undefined: it does not read that. */
  readonly errorOf?: ResourceErrors | undefined;
}

/** What all streams need from their surroundings. */
export interface StreamEnvironment {
  readonly encoder: ResponseEncoder;
  readonly requests: SotwRequestReader;
  readonly limits: XdsLimits;
  /** Monotonic milliseconds. */
  now(): number;
}

/** A response that is ready to be written. */
export interface OutgoingResponse {
  readonly typeUrl: string;
  readonly version: string;
  readonly nonce: string;
  readonly resources: number;
  readonly removed: number;
  /** The gRPC message with its prefix, shared with other streams. */
  readonly frame: Buffer;
}

/** What a request was. */
export interface RequestResult {
  readonly typeUrl: string;
  /** Present where the request acknowledged or rejected a response. */
  readonly settlement?: Settlement | undefined;
  /** It was written before its sender saw the last response, and was ignored. */
  readonly stale: boolean;
  /**
   * What is left to do, piece by piece, where it is much, before the stream takes the next request or is asked for a response. What it throws, a
   * GrpcError, ends the stream.
   */
  readonly rest?: Iterator<void> | undefined;
}

/** How a variant of the protocol says an update. */
export interface Wording {
  /**
   * Undefined where there is no way or no need to say it.
   *
   * @param errors - why some of what the client asks for is not in it: encoded; undefined: there is nothing to be said
   */
  content(
    state: TypeState,
    update: Update,
    errors: readonly Uint8Array[] | undefined,
    view: ResourceView,
  ): ResponseContent | undefined;
  /** Whether a response of this type has all that the client asks for; else it has what is new. */
  hasAll(typeUrl: string): boolean;
  /** Bytes after which a response of this type is split. */
  maxResponseBytes(typeUrl: string, limits: XdsLimits): number;
}

/**
 * Time that a client has to ask for the routes of a listener that it has taken, before clusters go that these may have
 * replaced. One that gets routes from elsewhere never asks.
 */
const routesDueMs = 5_000;

/**
 * One discovery stream without its socket: requests go in, responses are taken out when the socket can take them.
 *
 * What changes while a response waits to be written or acknowledged is merged into the next one: a slow client costs no
 * more than a fast one. And a client that changes its subscription during many updates is still heard, although requests
 * with an older nonce have to be ignored.
 */
export class DiscoveryStream implements PendingSink {
  /** Of its subscriptions. */
  mayHavePending = false;
  readonly #environment: StreamEnvironment;
  readonly #joined: (node: XdsNode) => Membership;
  readonly #wording: Wording;
  /** The type of a per-type service; undefined on an aggregated stream. */
  readonly #fixedType: string | undefined;
  readonly #types = new Map<string, TypeState>();
  /** In the order in which responses are sent. */
  #ordered: readonly TypeState[] = [];
  #membership: Membership | undefined;
  #node: XdsNode = anonymousNode;
  #nodeBytes = 0;
  /** On the clock: when the client last took listeners. */
  #listenersTakenAtMs = Number.NEGATIVE_INFINITY;
  #heldBackUntilMs: number | undefined;
  #isEnvoy = false;
  #sizeHasChanged = true;

  /** @param joined - called once, with the node that the first request names */
  constructor(
    environment: StreamEnvironment,
    joined: (node: XdsNode) => Membership,
    wording: Wording,
    fixedType?: string,
  ) {
    this.#environment = environment;
    this.#joined = joined;
    this.#wording = wording;
    this.#fixedType = fixedType;
  }

  get node(): XdsNode {
    return this.#node;
  }

  /** Undefined before the first request. */
  get group(): string | undefined {
    return this.#membership?.view.group;
  }

  /** Names that the client asked for and may not see, as `TYPE_URL NAME`. */
  get hidden(): readonly string[] {
    return [...(this.#membership?.hidden?.keys ?? [])];
  }

  /** Whether {@link heldBytes} may be another number than when it was last asked for, by more than a few bytes. */
  get sizeHasChanged(): boolean {
    return this.#sizeHasChanged;
  }

  /** Bytes that the stream makes the process hold, about. */
  get heldBytes(): number {
    this.#sizeHasChanged = false;
    return streamSize(this.#ordered, this.#nodeBytes, this.#membership?.hidden?.bytes ?? 0);
  }

  /** On the clock: when to call {@link next} again even if nothing happens; undefined: there is no need. */
  get heldBackUntilMs(): number | undefined {
    return this.#heldBackUntilMs;
  }

  get types(): readonly TypeState[] {
    return this.#ordered;
  }

  get limits(): XdsLimits {
    return this.#environment.limits;
  }

  get requests(): SotwRequestReader {
    return this.#environment.requests;
  }

  /** What the node of this stream sees. A node that a later request names is not looked at: it "should always be identical". */
  view(node?: XdsNode): ResourceView {
    return this.#join(node).view;
  }

  /** Whether an earlier request was about this type; an empty one is that of a per-type service. */
  hasType(typeUrl: string): boolean {
    return this.#types.has(typeUrl || (this.#fixedType ?? ''));
  }

  /**
   * The state of the type that a request is about.
   *
   * @throws GrpcError INVALID_ARGUMENT for a type that this service does not serve, RESOURCE_EXHAUSTED for too many
   */
  stateFor(typeUrl: string, node?: XdsNode): TypeState {
    const type = typeUrl || this.#fixedType;
    if (type === undefined || type === '') {
      throw new GrpcError(grpcStatus.invalidArgument, 'an aggregated stream needs a type_url in every request');
    }
    if (this.#fixedType !== undefined && type !== this.#fixedType) {
      throw new GrpcError(grpcStatus.invalidArgument, `this service serves ${this.#fixedType} only, not ${type}`);
    }
    const known = this.#types.get(type);
    if (known !== undefined) return known;
    if (this.#types.size >= this.limits.typesPerStream) {
      throw new GrpcError(grpcStatus.resourceExhausted, 'too many resource types on one stream');
    }
    const state = {
      subscription: new Subscription(type, this.#join(node).interest, this),
      acks: new Acknowledgements(),
    };
    this.#types.set(type, state);
    const behind = this.#ordered.findIndex((other) => rankOf(other) > rankOf(state));
    this.#ordered = this.#ordered.toSpliced(behind < 0 ? this.#ordered.length : behind, 0, state);
    return state;
  }

  /** Takes the client's answer to a response, if the nonce belongs to one. */
  settle(state: TypeState, nonce: string, error: RejectionDetail | undefined): Settlement | undefined {
    if (nonce === '') return undefined;
    const { typeUrl } = state.subscription;
    const isFullSet = this.#wording.hasAll(typeUrl);
    const { rejections } = state.acks;
    const settlement = state.acks.settle(nonce, error, this.#environment, isFullSet);
    const answered = settlement?.response.resources.length ?? 0;
    if (answered > 1 || state.acks.rejections !== rejections) this.#sizeHasChanged = true;
    if (typeUrl === typeUrls.listener && settlement !== undefined) this.#listenersTakenAtMs = this.#environment.now();
    if (!isFullSet && this.#isEnvoy) resendOthers(state.subscription, settlement);
    return settlement;
  }

  /** @throws GrpcError RESOURCE_EXHAUSTED where the stream has subscribed to more names than it may */
  checkNames(): void {
    this.#sizeHasChanged = true;
    let names = 0;
    let bytes = 0;
    for (const { subscription } of this.#ordered) {
      names += subscription.names.size;
      bytes += subscription.nameBytes;
    }
    if (names > this.limits.namesPerStream || bytes > this.limits.nameBytesPerStream) {
      throw new GrpcError(grpcStatus.resourceExhausted, 'too many resource names on one stream');
    }
  }

  /** A resource has changed, come or gone. */
  changed(typeUrl: string, name: string): void {
    this.#types.get(typeUrl)?.subscription.changed(name);
  }

  /** The next response, if one is due: to be called until it returns undefined, while the socket takes more. */
  next(): OutgoingResponse | undefined {
    this.#heldBackUntilMs = undefined;
    if (!this.mayHavePending) return undefined;
    this.mayHavePending = this.#ordered.some(hasPending);
    if (!this.mayHavePending) return undefined;
    // A second look, since the first may have shown that listeners and routes have nothing to say, so that stale clusters
    // may go.
    return this.#look() ?? this.#look();
  }

  /** Withdraws all interest, or returns the pieces in which that is to be done. */
  close(): Iterator<void> | undefined {
    let names = 0;
    const steps = this.#ordered.map(({ subscription }) => {
      names += subscription.names.size;
      return subscription.close();
    });
    return inPieces(steps, names);
  }

  #join(node: XdsNode | undefined): Membership {
    if (this.#membership === undefined) {
      this.#node = node ?? anonymousNode;
      this.#nodeBytes = nodeSize(this.#node);
      this.#isEnvoy = isEnvoy(this.#node);
      this.#membership = this.#joined(this.#node);
    }
    return this.#membership;
  }

  #look(): OutgoingResponse | undefined {
    for (const state of this.#ordered) {
      const response = maySend(state, this.#ordered) ? this.#take(state) : undefined;
      if (response !== undefined) return response;
    }
    return undefined;
  }

  #take(state: TypeState): OutgoingResponse | undefined {
    const { subscription, acks } = state;
    const { typeUrl } = subscription;
    const view = this.view();
    const maxBytes = this.#wording.maxResponseBytes(typeUrl, this.limits);
    const heldBefore = subscription.held.size;
    const update = subscription.take(view, () => this.#mayRemove(state), maxBytes);
    if (subscription.held.size !== heldBefore) this.#sizeHasChanged = true;
    if (update === undefined) return undefined;
    const content = this.#wording.content(state, update, this.#errorsOf(state, update), view);
    if (content === undefined) return undefined;

    if (update.resources.length > 1) this.#sizeHasChanged = true;
    if (typeUrl === typeUrls.cluster && this.#isEnvoy) this.#resendEndpoints(update.resources);
    const { nonce, frame, resources: all } = this.#environment.encoder.encode(content, acks.lastNonce);
    const { version } = content;
    acks.sent({ nonce, version, resources: update.resources, all, sentAtMs: this.#environment.now() });
    return {
      typeUrl,
      version,
      nonce: String(nonce),
      resources: content.count,
      removed: update.removed.length,
      frame,
    };
  }

  #mayRemove(state: TypeState): boolean {
    const removal = removalOf(state, this.#ordered);
    if (removal !== 'after-routes') return removal === 'now';
    const untilMs = this.#listenersTakenAtMs + routesDueMs;
    if (this.#environment.now() >= untilMs) return true;
    this.#heldBackUntilMs = untilMs;
    return false;
  }

  /** "The xDS Management server is only expected to return the error message once" (xRFC TP3): when a name is found missing. */
  #errorsOf({ subscription }: TypeState, update: Update): readonly Uint8Array[] | undefined {
    const errorOf = this.#membership?.errorOf;
    if (errorOf === undefined || update.removed.length === 0) return undefined;
    const { typeUrl, names } = subscription;
    const errors = encodeResourceErrors(
      typeUrl,
      update.removed.filter((name) => names.has(name)),
      errorOf,
    );
    return errors.length === 0 ? undefined : errors;
  }

  /**
   * "Warming of Cluster is completed only when a new ClusterLoadAssignment response is supplied by management server even
   * though there is no change in endpoints."
   */
  #resendEndpoints(clusters: readonly EncodedResource[]): void {
    const endpoints = this.#types.get(typeUrls.endpoint)?.subscription;
    if (endpoints === undefined) return;
    for (const cluster of clusters) {
      const name = endpointsNameOf(cluster);
      if (name !== undefined && endpoints.names.has(name)) endpoints.resend(name);
    }
  }
}

/**
 * gRPC clients take what is right in a response that they reject (gRFC A46); an Envoy takes it whole or not at all. What it does not
 * blame is sent again without what it does, which is less every time: one bad resource does not keep all others from it.
 */
function resendOthers(subscription: Subscription, settlement: Settlement | undefined): void {
  if (settlement?.rejection === undefined || settlement.rejection.isVague) return;
  const blamed = new Set(settlement.rejection.resources);
  for (const resource of settlement.response.resources) {
    if (!blamed.has(resource) && subscription.held.get(resource.name) === resource) subscription.resend(resource.name);
  }
}

function hasPending({ subscription }: TypeState): boolean {
  return subscription.hasPending;
}

function rankOf({ subscription }: TypeState): number {
  return sendingRank(subscription.typeUrl);
}
