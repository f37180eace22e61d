import {
  create,
  type DescMessage,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from '@bufbuild/protobuf';
import { messageOf } from '../errors.ts';
import { AccountedSize } from '../memory/account.ts';
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

/** Bounds of a method whose messages are decoded. */
export interface MethodLimits {
  /** Bytes of one request, of which a decoded one may take many times as much. Default: those of the router. */
  readonly requestBytes?: number | undefined;
}

/** A method that streams in one direction or both. The last request is charged to its connection while the call is open. */
export function streamingMethod<Input extends DescMessage, Output extends DescMessage>(
  input: Input,
  output: Output,
  open: (call: TypedCall<Output>) => TypedHandler<Input>,
  { requestBytes = Number.POSITIVE_INFINITY }: MethodLimits = {},
): MethodHandler {
  return (call) => {
    call.limitMessages(requestBytes);
    const held = new AccountedSize(call.connection.account);
    const handler = open({
      call,
      send: (message) => call.write(frameMessage(toBinary(output, create(output, message)))),
    });
    return {
      message: (bytes) => {
        held.set(bytes.length);
        handler.message(decode(input, bytes));
      },
      halfClosed: () => (handler.halfClosed === undefined ? call.end(grpcStatus.ok) : handler.halfClosed()),
      writable: () => handler.writable?.(),
      dismiss: () =>
        handler.dismiss === undefined ? call.end(grpcStatus.unavailable, dismissalMessage) : handler.dismiss(),
      closed: (status) => {
        held.set(0);
        handler.closed?.(status);
      },
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
  limits?: MethodLimits,
): MethodHandler {
  const open = ({ call, send }: TypedCall<Output>): TypedHandler<Input> => {
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
  };
  return streamingMethod(input, output, open, limits);
}

function decode<Input extends DescMessage>(input: Input, bytes: Uint8Array): MessageShape<Input> {
  try {
    // Each unknown field would be an object of its own, and a client sends two million of them in 4 MiB.
    return fromBinary(input, bytes, { readUnknownFields: false });
  } catch (cause) {
    throw new GrpcError(grpcStatus.invalidArgument, `not a ${input.typeName}: ${messageOf(cause)}`);
  }
}
