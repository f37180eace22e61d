import type { CallHandler, CallStatus, ServerCall } from '../grpc/call.ts';
import { dismissalMessage } from '../grpc/methods.ts';
import { GrpcError, grpcStatus } from '../grpc/status.ts';
import { AccountedSize } from '../memory/account.ts';
import { rejectedNames } from '../stream/acknowledgements.ts';
import { deltaWording, receiveDelta } from '../stream/delta.ts';
import { DiscoveryStream, type RequestResult, type StreamEnvironment } from '../stream/discovery-stream.ts';
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
  /** Whatever it had to send has been sent, or waits for the client. */
  served(call: DiscoveryCall): void;
  closed(call: DiscoveryCall): void;
}

/** Statuses with which a call ends whose client broke a rule or a bound. */
const faults: ReadonlySet<number> = new Set([
  grpcStatus.invalidArgument,
  grpcStatus.resourceExhausted,
  grpcStatus.unimplemented,
]);

/** Joins a discovery stream to its gRPC call: writes while the socket takes more, and tells the observer. */
export class DiscoveryCall implements CallHandler, Sender {
  readonly #id: number;
  readonly #call: ServerCall;
  readonly #method: DiscoveryMethod;
  readonly #stream: DiscoveryStream;
  readonly #owner: DiscoveryCallOwner;
  readonly #now: () => number;
  /** What the stream makes us hold, as it is charged to its connection. */
  readonly #size: AccountedSize;
  #faultTold = false;

  constructor(
    id: number,
    call: ServerCall,
    method: DiscoveryMethod,
    environment: StreamEnvironment,
    owner: DiscoveryCallOwner,
  ) {
    this.#id = id;
    this.#call = call;
    this.#method = method;
    this.#owner = owner;
    this.#now = environment.now;
    this.#size = new AccountedSize(call.connection.account);
    this.#stream = new DiscoveryStream(
      environment,
      method.variant === 'sotw' ? sotwWording : deltaWording,
      method.typeUrl,
    );
    owner.observer.streamOpened?.(this.info);
  }

  get info(): StreamInfo {
    const { node, group } = this.#stream;
    const { variant, path } = this.#method;
    return { id: this.#id, variant, path, peer: this.#call.peer.address, node, group };
  }

  /** What the client asked for, was sent and answered. */
  status(): ClientStatus {
    return clientStatus(this.info, this.#stream, this.#call.peer, this.#now());
  }

  /** Resource by resource. */
  resources(): ClientResource[] {
    return clientResources(this.#stream);
  }

  message(bytes: Buffer): void {
    let result: RequestResult;
    try {
      result = this.#method.variant === 'sotw' ? receiveSotw(this.#stream, bytes) : receiveDelta(this.#stream, bytes);
    } catch (thrown) {
      if (thrown instanceof GrpcError) {
        this.#faultTold = true;
        this.#owner.observer.invalidRequest?.(this.info, thrown);
      }
      throw thrown;
    }
    this.#report(result, bytes.length);
    this.#admit(result, bytes.length);
    this.send();
    if (this.#call.isOpen) this.#size.set(this.#stream.heldBytes);
  }

  /** A resource has changed, come or gone. */
  changed(typeUrl: string, name: string): void {
    this.#stream.changed(typeUrl, name);
  }

  send(): void {
    while (this.#call.isWritable) {
      const response = this.#stream.next();
      if (response === undefined) break;
      this.#call.write(response.frame);
      const { typeUrl, version, resources, removed, frame } = response;
      this.#owner.observer.response?.(this.info, { typeUrl, version, resources, removed, bytes: frame.length });
    }
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
    this.#stream.close();
    this.#size.set(0);
    this.#owner.closed(this);
    this.#owner.observer.streamClosed?.(this.info, status);
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
