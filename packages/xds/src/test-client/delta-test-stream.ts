import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import {
  DeltaDiscoveryRequestSchema,
  DeltaDiscoveryResponseSchema,
} from '../gen/envoy/service/discovery/v3/discovery_pb.ts';
import { StatusSchema } from '../gen/google/rpc/status_pb.ts';
import { nodeMessage, type XdsNode } from '../node.ts';
import type { RejectionDetail } from '../stream/requests.ts';
import type { GrpcTestStream } from './grpc-stream.ts';
import { receivedErrors } from './received-errors.ts';
import { type ReceivedResponse, TestStream } from './test-stream.ts';

/** What a delta client asks for in one request. */
export interface DeltaSubscription {
  readonly subscribe?: readonly string[] | undefined;
  readonly unsubscribe?: readonly string[] | undefined;
  /** Versions that it still has, by name; for the first request of a type on a stream. */
  readonly initialVersions?: Readonly<Record<string, string>> | undefined;
}

/** A request in full. */
export interface DeltaFields extends DeltaSubscription {
  readonly typeUrl: string;
  /** `response_nonce` */
  readonly nonce?: string | undefined;
  /** `error_detail` */
  readonly error?: RejectionDetail | undefined;
}

/** An incremental stream. */
export class DeltaTestStream extends TestStream {
  #node: Partial<XdsNode> | undefined;

  constructor(stream: GrpcTestStream, node: Partial<XdsNode>) {
    super(stream);
    this.#node = node;
  }

  /** Changes the subscription, without waiting. Nothing in a first request: everything. */
  request(typeUrl: string, subscription: DeltaSubscription = {}): void {
    this.send({ typeUrl, ...subscription });
  }

  /** Changes the subscription and awaits the response. */
  async requestResponse(typeUrl: string, subscription: DeltaSubscription = {}): Promise<ReceivedResponse> {
    this.request(typeUrl, subscription);
    return this.response(typeUrl);
  }

  /** Changes the subscription, awaits the response and accepts it. */
  async requestResponseAck(typeUrl: string, subscription: DeltaSubscription = {}): Promise<ReceivedResponse> {
    this.request(typeUrl, subscription);
    return this.responseAck(typeUrl);
  }

  /** Changes the subscription, awaits the response and rejects it. */
  async requestResponseNack(
    typeUrl: string,
    subscription: DeltaSubscription = {},
    reason?: string,
  ): Promise<ReceivedResponse> {
    this.request(typeUrl, subscription);
    return this.responseNack(typeUrl, reason);
  }

  override ack({ typeUrl, nonce }: ReceivedResponse): void {
    this.send({ typeUrl, nonce });
  }

  override nack({ typeUrl, nonce }: ReceivedResponse, reason: string): void {
    this.send({ typeUrl, nonce, error: { code: 3, message: reason } });
  }

  /** Sends a request, without waiting. */
  send({ typeUrl, subscribe = [], unsubscribe = [], initialVersions = {}, nonce = '', error }: DeltaFields): void {
    const request = create(DeltaDiscoveryRequestSchema, {
      typeUrl,
      resourceNamesSubscribe: [...subscribe],
      resourceNamesUnsubscribe: [...unsubscribe],
      initialResourceVersions: { ...initialVersions },
      responseNonce: nonce,
    });
    if (error !== undefined) request.errorDetail = create(StatusSchema, error);
    if (this.#node !== undefined) request.node = nodeMessage(this.#node);
    this.#node = undefined;
    this.stream.send(toBinary(DeltaDiscoveryRequestSchema, request));
  }

  protected override decode(message: Uint8Array): ReceivedResponse {
    const response = fromBinary(DeltaDiscoveryResponseSchema, message);
    const resources = response.resources.map(({ name, version, resource }) => ({
      name,
      version,
      bytes: resource?.value ?? new Uint8Array(),
    }));
    return {
      typeUrl: response.typeUrl,
      version: response.systemVersionInfo,
      nonce: response.nonce,
      resources,
      names: resources.map(({ name }) => name).sort(),
      removed: [...response.removedResources].sort(),
      errors: receivedErrors(response.$unknown, 9),
      identifier: response.controlPlane?.identifier ?? '',
    };
  }

  protected override askForBarrier(typeUrl: string, name: string): void {
    this.request(typeUrl, { subscribe: [name] });
  }
}
