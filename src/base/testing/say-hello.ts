import { fromBinary, toBinary } from '@bufbuild/protobuf';
import { type EchoReply, EchoReplySchema, type EchoRequest, EchoRequestSchema } from '../../gen/echo/echo_pb.ts';

/** The one method of echo.EchoServer, as grpc-js wants it. */
export const sayHello = {
  path: '/echo.EchoServer/SayHello',
  requestStream: false,
  responseStream: false,
  requestSerialize: (request: EchoRequest) => Buffer.from(toBinary(EchoRequestSchema, request)),
  requestDeserialize: (bytes: Buffer) => fromBinary(EchoRequestSchema, bytes),
  responseSerialize: (reply: EchoReply) => Buffer.from(toBinary(EchoReplySchema, reply)),
  responseDeserialize: (bytes: Buffer) => fromBinary(EchoReplySchema, bytes),
} as const;
