import { create, type DescMethodUnary, type MessageInitShape, type MessageShape } from '@bufbuild/protobuf';
import {
  type ChannelOptions,
  Client,
  connectivityState,
  credentials,
  Metadata,
  type ServiceError,
} from '@grpc/grpc-js';
import { grpcStatusName } from '../../base/grpc-status.ts';
import { StatusError } from '../pod/faults.ts';
import { headers } from '../pod/pod.ts';
import { grpcClientSpan, peerOf } from '../tracing/call-attributes.ts';
import { type CallSpan, tracer } from '../tracing/tracer.ts';
import { methodDefinition } from './definition.ts';

export interface Answer<T> {
  readonly message: T;
  /** The pod that answered, where it said so. */
  readonly pod: string | undefined;
}

export interface CallSettings {
  readonly deadlineMs: number;
  readonly metadata?: Readonly<Record<string, string>>;
}

/**
 * One long-lived channel for unary calls. It has no retry policy and waits for no readiness, so that a failure shows.
 *
 * Calls that no server has looked at are sent again once (gRFC A6, transparent retries): that is how a GOAWAY is meant to
 * lose nothing, and in grpc-js the option `grpc.enable_retries: 0` would switch this off too.
 */
export class GrpcClient {
  readonly target: string;
  readonly #client: Client;

  constructor(target: string, options: ChannelOptions = {}) {
    this.target = target;
    this.#client = new Client(target, credentials.createInsecure(), {
      // Kubernetes has no service config in DNS (gRFC A2): the TXT look-up would only cost time.
      'grpc.service_config_disable_resolution': 1,
      ...options,
    });
  }

  /** Starts connecting, so that the first call need not wait for it. */
  connect(): void {
    this.#client.getChannel().getConnectivityState(true);
  }

  /** Connects; resolves once a call need not wait for a connection, after so long all the same, or when the signal says so. */
  ready(patienceMs: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal.aborted) return resolve();
      signal.addEventListener('abort', () => resolve(), { once: true });
      const channel = this.#client.getChannel();
      const endsAt = Date.now() + patienceMs;
      // Not waitForReady(): of a channel that is closed it asks for a connection, and waits for the rest of the time.
      const look = (): void => {
        const state = channel.getConnectivityState(false);
        const isOver = state === connectivityState.READY || state === connectivityState.SHUTDOWN;
        if (isOver || Date.now() >= endsAt) resolve();
        else channel.watchConnectivityState(state, endsAt, look);
      };
      channel.getConnectivityState(true);
      look();
    });
  }

  /** @throws StatusError with the call's gRPC status */
  call<I extends DescMethodUnary>(
    method: I,
    request: MessageInitShape<I['input']>,
    { deadlineMs, metadata = {} }: CallSettings,
  ): Promise<Answer<MessageShape<I['output']>>> {
    const traces = tracer();
    if (traces === undefined) return this.#send(method, request, { deadlineMs, metadata });
    const { path } = methodDefinition(method);
    return traces.send(grpcClientSpan(path, this.target), metadata, (metadata, span) =>
      this.#send(method, request, { deadlineMs, metadata }, span),
    );
  }

  #send<I extends DescMethodUnary>(
    method: I,
    request: MessageInitShape<I['input']>,
    { deadlineMs, metadata = {} }: CallSettings,
    span?: CallSpan,
  ): Promise<Answer<MessageShape<I['output']>>> {
    const { path, requestSerialize, responseDeserialize } = methodDefinition(method);
    const sent = new Metadata();
    for (const [name, value] of Object.entries(metadata)) sent.set(name, value);
    return new Promise((resolve, reject) => {
      let pod: string | undefined;
      const call = this.#client
        .makeUnaryRequest(
          path,
          requestSerialize,
          responseDeserialize,
          create(method.input, request),
          sent,
          { deadline: Date.now() + deadlineMs },
          (error: ServiceError | null, message) => {
            if (error === null) resolve({ message: message as MessageShape<I['output']>, pod });
            else reject(new StatusError(grpcStatusName(error.code), error.details, error));
          },
        )
        .on('metadata', (initial: Metadata) => {
          pod = initial.get(headers.pod)[0]?.toString();
        })
        .on('status', ({ code, details }) => {
          if (span === undefined) return;
          span.set({ 'rpc.status_code': grpcStatusName(code), ...peerOf(call.getPeer()) });
          if (pod !== undefined) span.set({ [headers.pod]: pod });
          if (code !== 0) span.fail(grpcStatusName(code), details);
        });
    });
  }

  close(): void {
    this.#client.close();
  }
}

/** Channel options for a load balancing policy by name (gRFC A24). */
export function policyOptions(policy: 'round_robin' | 'pick_first'): ChannelOptions {
  return { 'grpc.service_config': JSON.stringify({ loadBalancingConfig: [{ [policy]: {} }] }) };
}
