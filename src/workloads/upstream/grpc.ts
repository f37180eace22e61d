import type { DescMethodUnary, MessageInitShape, MessageShape } from '@bufbuild/protobuf';
import type { ChannelOptions } from '@grpc/grpc-js';
import { type Answer, type CallSettings, GrpcClient } from '../grpc/client.ts';
import { StatusError } from '../pod/faults.ts';
import { UpstreamError } from './error.ts';
import { grpcTarget } from './names.ts';

/** A gRPC upstream of a gateway: one channel for the life of the process; failures name the upstream. */
export class GrpcUpstream {
  readonly #client: GrpcClient;
  readonly #name: string;

  /** @param target - as a person writes it; `EVENKEEL_DNS` is applied here */
  constructor(target: string, options: ChannelOptions = {}) {
    this.#name = target;
    this.#client = new GrpcClient(grpcTarget(target), options);
  }

  connect(): void {
    this.#client.connect();
  }

  ready(patienceMs: number, signal: AbortSignal): Promise<void> {
    return this.#client.ready(patienceMs, signal);
  }

  /** @throws UpstreamError */
  async call<M extends DescMethodUnary>(
    method: M,
    request: MessageInitShape<M['input']>,
    settings: CallSettings,
  ): Promise<Answer<MessageShape<M['output']>>> {
    try {
      return await this.#client.call(method, request, settings);
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      // A proxy's answer can be a status and no word.
      throw new UpstreamError(this.#name, error.status, error.message || `it answered ${error.status}`, error);
    }
  }

  close(): void {
    this.#client.close();
  }
}
