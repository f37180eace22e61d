import type { CallHandler, CallStatus, ServerCall } from '../grpc/call.ts';
import { dismissalMessage } from '../grpc/methods.ts';
import { GrpcError, grpcStatus } from '../grpc/status.ts';
import type { Peer } from '../grpc/transport.ts';
import { AccountedSize } from '../memory/account.ts';
import type { XdsNode } from '../node.ts';
import { rejectedNames } from '../stream/acknowledgements.ts';
import { deltaWording, receiveDelta } from '../stream/delta.ts';
import {
  DiscoveryStream,
  type Membership,
  type RequestResult,
  type StreamEnvironment,
} from '../stream/discovery-stream.ts';
import { receiveSotw, sotwWording } from '../stream/sotw.ts';
import { type ClientResource, type ClientStatus, clientResources, clientStatus } from './client-status.ts';
import type { DiscoveryMethod } from './discovery-methods.ts';
import type { Sender } from './fan-out.ts';
import type { RequestInfo, StreamInfo, XdsObserver } from './observer.ts';

/** What a call tells its server. */
export interface DiscoveryCallOwner {
  readonly observer: XdsObserver;
  /** What it throws ends the stream. */
  readonly onRequest?: ((stream: StreamInfo, request: RequestInfo) => void) | undefined;
  /** Called once, with the node that the first request names. */
  join(call: DiscoveryCall, node: XdsNode): Membership;
  /** Calls back once; the returned function cancels it. */
  after(delayMs: number, callback: () => void): () => void;
  /** Whatever it had to send has been sent, or waits for the client. */
  served(call: DiscoveryCall): void;
  /** @param rest - what is left to do, piece by piece; undefined: nothing */
  closed(call: DiscoveryCall, rest: Iterator<void> | undefined): void;
}

/** Statuses with which a call ends whose client broke a rule or a bound. */
const faults: ReadonlySet<number> = new Set([
  grpcStatus.invalidArgument,
  grpcStatus.resourceExhausted,
  grpcStatus.unimplemented,
]);

/** Joins a discovery stream to its gRPC call: writes while the socket takes more, and tells the observer. */
export class DiscoveryCall implements CallHandler, Sender {
  /** Number of the stream. */
  readonly id: number;
  readonly #call: ServerCall;
  readonly #method: DiscoveryMethod;
  readonly #stream: DiscoveryStream;
  readonly #owner: DiscoveryCallOwner;
  readonly #now: () => number;
  /** What the stream makes us hold, as it is charged to its connection. */
  readonly #size: AccountedSize;
  /** The request that is being dealt with, where that takes more than a turn. */
  #unfinished: { readonly result: RequestResult; readonly rest: Iterator<void>; readonly bytes: number } | undefined;
  /** Made when first asked for. */
  #info: StreamInfo | undefined;
  #faultTold = false;
  #cancelSend: (() => void) | undefined;

  constructor(
    id: number,
    call: ServerCall,
    method: DiscoveryMethod,
    environment: StreamEnvironment,
    owner: DiscoveryCallOwner,
  ) {
    this.id = id;
    this.#call = call;
    this.#method = method;
    this.#owner = owner;
    this.#now = environment.now;
    this.#size = new AccountedSize(call.connection.account);
    this.#stream = new DiscoveryStream(
      environment,
      (node) => owner.join(this, node),
      method.variant === 'sotw' ? sotwWording : deltaWording,
      method.typeUrl,
    );
    owner.observer.streamOpened?.(this.info);
  }

  get peer(): Peer {
    return this.#call.peer;
  }

  get info(): StreamInfo {
    const { node, group } = this.#stream;
    // Both are known from the first request on.
    if (this.#info === undefined || this.#info.group !== group) {
      const { variant, path } = this.#method;
      this.#info = { id: this.id, variant, path, peer: this.#call.peer.address, node, group };
    }
    return this.#info;
  }

  /** What the client asked for, was sent and answered. */
  status(): ClientStatus {
    return clientStatus(this.info, this.#stream, this.#call.peer, this.#now());
  }

  /** Resource by resource. */
  resources(): ClientResource[] {
    return clientResources(this.#stream, this.#now());
  }

  message(bytes: Buffer): void {
    const receive = this.#method.variant === 'sotw' ? receiveSotw : receiveDelta;
    const result = this.#checked(() => receive(this.#stream, bytes));
    const { rest } = result;
    if (rest === undefined) this.#finish(result, bytes.length);
    else {
      this.#unfinished = { result, rest, bytes: bytes.length };
      this.goOn();
    }
  }

  get isBusy(): boolean {
    return this.#unfinished !== undefined;
  }

  goOn(): void {
    if (this.#unfinished === undefined) return;
    const { result, rest, bytes } = this.#unfinished;
    while (this.#checked(() => rest.next()).done !== true) {
      if (!this.#call.connection.isFull) continue;
      this.#size.set(this.#stream.heldBytes + bytes);
      return;
    }
    this.#unfinished = undefined;
    this.#finish(result, bytes);
  }

  /** A resource has changed, come or gone. */
  changed(typeUrl: string, name: string): void {
    this.#stream.changed(typeUrl, name);
  }

  send(): void {
    // In the middle of a request it would say what nobody asked for.
    while (this.#call.isWritable && !this.isBusy) {
      const response = this.#stream.next();
      if (response === undefined) break;
      this.#call.write(response.frame);
      const { typeUrl, version, resources, removed, frame } = response;
      this.#owner.observer.response?.(this.info, { typeUrl, version, resources, removed, bytes: frame.length });
    }
    this.#sendLater();
    this.#owner.served(this);
  }

  writable(): void {
    this.send();
  }

  halfClosed(): void {
    this.#call.end(grpcStatus.ok);
  }

  /** The client comes again at once, to this control plane or to another. */
  dismiss(): void {
    this.#call.end(grpcStatus.unavailable, dismissalMessage);
  }

  closed(status: CallStatus): void {
    // What is wrong before there is a request, a frame for example, ends the call without a word to `message`.
    if (!this.#faultTold && faults.has(status.code)) this.#owner.observer.invalidRequest?.(this.info, status);
    this.#unfinished = undefined;
    this.#cancelSend?.();
    this.#size.set(0);
    this.#owner.closed(this, this.#stream.close());
    this.#owner.observer.streamClosed?.(this.info, status);
  }

  #finish(result: RequestResult, bytes: number): void {
    this.#report(result, bytes);
    this.#admit(result, bytes);
    this.send();
    const mayHaveGrown = result.rest !== undefined || this.#stream.sizeHasChanged;
    if (mayHaveGrown && this.#call.isOpen) this.#size.set(this.#stream.heldBytes);
  }

  #sendLater(): void {
    const { heldBackUntilMs } = this.#stream;
    if (heldBackUntilMs === undefined || !this.#call.isOpen) return;
    this.#cancelSend ??= this.#owner.after(heldBackUntilMs - this.#now(), () => {
      this.#cancelSend = undefined;
      this.send();
    });
  }

  #checked<Result>(work: () => Result): Result {
    try {
      return work();
    } catch (thrown) {
      if (thrown instanceof GrpcError) {
        this.#faultTold = true;
        this.#owner.observer.invalidRequest?.(this.info, thrown);
      }
      throw thrown;
    }
  }

  #admit({ typeUrl, stale }: RequestResult, bytes: number): void {
    try {
      this.#owner.onRequest?.(this.info, { typeUrl, bytes, stale });
    } catch (thrown) {
      // Whatever its status, it was the caller's decision and no malformed request.
      this.#faultTold = true;
      throw thrown;
    }
  }

  #report({ typeUrl, settlement, stale }: RequestResult, bytes: number): void {
    const { observer } = this.#owner;
    observer.request?.(this.info, { typeUrl, bytes, stale });
    if (settlement === undefined) return;
    const { response, rejection } = settlement;
    if (rejection === undefined) {
      const latencyMs = this.#now() - response.sentAtMs;
      observer.ack?.(this.info, { typeUrl, version: response.version, latencyMs });
    } else {
      const { version, code, message } = rejection;
      observer.nack?.(this.info, { typeUrl, version, names: rejectedNames(rejection), code, message });
    }
  }
}
