import assert from 'node:assert/strict';
import type { EndStatus, GrpcTestStream } from './grpc-stream.ts';
import type { ReceivedError } from './received-errors.ts';

/** A resource in a response. */
export interface ReceivedResource {
  readonly name: string;
  /** Delta only. */
  readonly version: string | undefined;
  /** The encoded message. */
  readonly bytes: Uint8Array;
}

/** A response, as both variants show it. */
export interface ReceivedResponse {
  readonly typeUrl: string;
  /** `version_info` or `system_version_info`. */
  readonly version: string;
  readonly nonce: string;
  readonly resources: readonly ReceivedResource[];
  /** Names of {@link ReceivedResponse.resources}, sorted. */
  readonly names: readonly string[];
  /** Delta only: `removed_resources`, sorted. */
  readonly removed: readonly string[];
  /** `resource_errors`. */
  readonly errors: readonly ReceivedError[];
  /** `control_plane.identifier`. */
  readonly identifier: string;
}

const barrierType = 'type.googleapis.com/evenkeel.test.Barrier';

/** What the streams of both variants can do. A test reads like the protocol. */
export abstract class TestStream {
  protected readonly stream: GrpcTestStream;
  #barriers = 0;

  constructor(stream: GrpcTestStream) {
    this.stream = stream;
  }

  /** Resolves with the status when the stream is over. */
  get ended(): Promise<EndStatus> {
    return this.stream.ended;
  }

  /** The next response; fails if it is of another type than is given. */
  async response(typeUrl?: string): Promise<ReceivedResponse> {
    const response = this.decode(await this.stream.receive());
    if (typeUrl !== undefined) assert.equal(response.typeUrl, typeUrl, `a response of type ${response.typeUrl}`);
    return response;
  }

  /** Awaits a response and accepts it. */
  async responseAck(typeUrl: string): Promise<ReceivedResponse> {
    const response = await this.response(typeUrl);
    this.ack(response);
    return response;
  }

  /** Awaits a response and rejects it. */
  async responseNack(typeUrl: string, reason = 'rejected by the test'): Promise<ReceivedResponse> {
    const response = await this.response(typeUrl);
    this.nack(response, reason);
    return response;
  }

  /** Accepts a response. */
  abstract ack(response: ReceivedResponse): void;

  /** Rejects a response. */
  abstract nack(response: ReceivedResponse, reason: string): void;

  /**
   * Fails if there is a response that was not awaited. It does not wait for time to pass: it asks for a resource of a type
   * that no server has, and whatever the server had to send comes before the answer to that. For aggregated streams of a
   * server that answers for unknown types, as this library's does.
   */
  async expectNoResponse(): Promise<void> {
    this.#barriers += 1;
    this.askForBarrier(barrierType, `barrier-${this.#barriers}`);
    const unexpected: ReceivedResponse[] = [];
    for (;;) {
      const response = await this.response();
      if (response.typeUrl === barrierType) {
        this.ack(response);
        break;
      }
      unexpected.push(response);
    }
    const found = unexpected.map(({ typeUrl, names, removed }) => ({ typeUrl, names, removed }));
    assert.deepEqual(found, [], 'responses that were not expected');
  }

  /** Ends the stream in good order. */
  async close(): Promise<EndStatus> {
    return this.stream.end();
  }

  /** Resets the stream. */
  async cancel(): Promise<EndStatus> {
    return this.stream.cancel();
  }

  protected abstract decode(message: Uint8Array): ReceivedResponse;

  protected abstract askForBarrier(typeUrl: string, name: string): void;
}
