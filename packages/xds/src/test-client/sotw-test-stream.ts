import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { DiscoveryRequestSchema, DiscoveryResponseSchema } from '../gen/envoy/service/discovery/v3/discovery_pb.ts';
import { StatusSchema } from '../gen/google/rpc/status_pb.ts';
import { nodeMessage, type XdsNode } from '../node.ts';
import { fromAny } from '../resource.ts';
import type { RejectionDetail } from '../stream/requests.ts';
import type { GrpcTestStream } from './grpc-stream.ts';
import { receivedErrors } from './received-errors.ts';
import { type ReceivedResponse, TestStream } from './test-stream.ts';

/** What a client knows of one type. */
interface TypeMemory {
  names: readonly string[];
  version: string;
  nonce: string;
}

/** A request in full; what is not given is what the client remembers. */
export interface SotwFields {
  readonly typeUrl: string;
  readonly names?: readonly string[] | undefined;
  /** `version_info` */
  readonly version?: string | undefined;
  /** `response_nonce` */
  readonly nonce?: string | undefined;
  /** `error_detail` */
  readonly error?: RejectionDetail | undefined;
}

/** A state-of-the-world stream: remembers names, accepted version and nonce of each type, as a client does. */
export class SotwTestStream extends TestStream {
  readonly #types = new Map<string, TypeMemory>();
  #node: Partial<XdsNode> | undefined;

  constructor(stream: GrpcTestStream, node: Partial<XdsNode>) {
    super(stream);
    this.#node = node;
  }

  /** Subscribes to exactly these names, without waiting. None: everything, or nothing once something was named. */
  request(typeUrl: string, names: readonly string[] = []): void {
    this.#remember(typeUrl).names = names;
    this.send({ typeUrl });
  }

  /** Subscribes and awaits the response. */
  async requestResponse(typeUrl: string, names: readonly string[] = []): Promise<ReceivedResponse> {
    this.request(typeUrl, names);
    return this.response(typeUrl);
  }

  /** Subscribes, awaits the response and accepts it. */
  async requestResponseAck(typeUrl: string, names: readonly string[] = []): Promise<ReceivedResponse> {
    this.request(typeUrl, names);
    return this.responseAck(typeUrl);
  }

  /** Subscribes, awaits the response and rejects it. */
  async requestResponseNack(
    typeUrl: string,
    names: readonly string[] = [],
    reason?: string,
  ): Promise<ReceivedResponse> {
    this.request(typeUrl, names);
    return this.responseNack(typeUrl, reason);
  }

  override ack({ typeUrl, nonce, version }: ReceivedResponse): void {
    const memory = this.#remember(typeUrl);
    memory.version = version;
    memory.nonce = nonce;
    this.send({ typeUrl });
  }

  override nack({ typeUrl, nonce }: ReceivedResponse, reason: string): void {
    this.#remember(typeUrl).nonce = nonce;
    this.send({ typeUrl, error: { code: 3, message: reason } });
  }

  /** Sends a request, without waiting. */
  send({ typeUrl, names, version, nonce, error }: SotwFields): void {
    const memory = this.#remember(typeUrl);
    const request = create(DiscoveryRequestSchema, {
      typeUrl,
      resourceNames: [...(names ?? memory.names)],
      versionInfo: version ?? memory.version,
      responseNonce: nonce ?? memory.nonce,
    });
    if (error !== undefined) request.errorDetail = create(StatusSchema, error);
    if (this.#node !== undefined) request.node = nodeMessage(this.#node);
    this.#node = undefined;
    this.stream.send(toBinary(DiscoveryRequestSchema, request));
  }

  protected override decode(message: Uint8Array): ReceivedResponse {
    const response = fromBinary(DiscoveryResponseSchema, message);
    const resources = response.resources.map((any) => {
      const { name, bytes } = fromAny(any);
      return { name, version: undefined, bytes };
    });
    return {
      typeUrl: response.typeUrl,
      version: response.versionInfo,
      nonce: response.nonce,
      resources,
      names: resources.map(({ name }) => name).sort(),
      removed: [],
      errors: receivedErrors(response.$unknown, 7),
      identifier: response.controlPlane?.identifier ?? '',
    };
  }

  protected override askForBarrier(typeUrl: string, name: string): void {
    this.request(typeUrl, [name]);
  }

  #remember(typeUrl: string): TypeMemory {
    let memory = this.#types.get(typeUrl);
    if (memory === undefined) {
      memory = { names: [], version: '', nonce: '' };
      this.#types.set(typeUrl, memory);
    }
    return memory;
  }
}
