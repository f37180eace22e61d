import {
  create,
  type DescMessage,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from '@bufbuild/protobuf';
import { messageOf } from '../errors.ts';
import type { CallHandler, ServerCall } from './call.ts';
import { frameMessage } from './message-reader.ts';
import type { MethodHandler } from './router.ts';
import { GrpcError, grpcStatus } from './status.ts';

/** Message of the UNAVAILABLE with which calls end when their connection has to go. */
export const dismissalMessage = 'the server asks to connect anew';

/** The server's side of a streaming call whose messages are decoded. */
export interface TypedCall<Output extends DescMessage> {
  readonly call: ServerCall;
  /** Sends a message. */
  send(message: MessageInitShape<Output>): void;
}

/** What a streaming method does with a call; see {@link CallHandler}. */
export interface TypedHandler<Input extends DescMessage> {
  message(request: MessageShape<Input>): void;
  /** Default: ends the call with OK. */
  halfClosed?(): void;
  writable?(): void;
  /** Default: ends the call with UNAVAILABLE. */
  dismiss?(): void;
  closed?: CallHandler['closed'];
}

/** A method that streams in one direction or both. */
export function streamingMethod<Input extends DescMessage, Output extends DescMessage>(
  input: Input,
  output: Output,
  open: (call: TypedCall<Output>) => TypedHandler<Input>,
): MethodHandler {
  return (call) => {
    const handler = open({
      call,
      send: (message) => call.write(frameMessage(toBinary(output, create(output, message)))),
    });
    return {
      message: (bytes) => handler.message(decode(input, bytes)),
      halfClosed: () => (handler.halfClosed === undefined ? call.end(grpcStatus.ok) : handler.halfClosed()),
      writable: () => handler.writable?.(),
      dismiss: () =>
        handler.dismiss === undefined ? call.end(grpcStatus.unavailable, dismissalMessage) : handler.dismiss(),
      closed: (status) => handler.closed?.(status),
    };
  };
}

/** A method with one request and one answer. What `answer` throws or rejects with ends the call. */
export function unaryMethod<Input extends DescMessage, Output extends DescMessage>(
  input: Input,
  output: Output,
  answer: (
    request: MessageShape<Input>,
    call: ServerCall,
  ) => MessageInitShape<Output> | Promise<MessageInitShape<Output>>,
): MethodHandler {
  return streamingMethod(input, output, ({ call, send }) => {
    let request: MessageShape<Input> | undefined;
    return {
      message(received) {
        if (request !== undefined) throw new GrpcError(grpcStatus.invalidArgument, 'a second request in a unary call');
        request = received;
      },
      halfClosed() {
        if (request === undefined) throw new GrpcError(grpcStatus.invalidArgument, 'a unary call without a request');
        const received = request;
        void (async () => answer(received, call))().then(
          (message) => {
            send(message);
            call.end(grpcStatus.ok);
          },
          (thrown: unknown) => call.fail(thrown),
        );
      },
      // It ends by itself, within the grace time.
      dismiss() {},
    };
  });
}

function decode<Input extends DescMessage>(input: Input, bytes: Uint8Array): MessageShape<Input> {
  try {
    return fromBinary(input, bytes);
  } catch (cause) {
    throw new GrpcError(grpcStatus.invalidArgument, `not a ${input.typeName}: ${messageOf(cause)}`);
  }
}
