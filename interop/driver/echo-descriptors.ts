import { create, toBinary } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { file_echo_echo } from '../../src/gen/echo/echo_pb.ts';

/** echo.EchoServer as a descriptor set, which every language can load at run time. */
export function echoDescriptors(): Uint8Array {
  return toBinary(FileDescriptorSetSchema, create(FileDescriptorSetSchema, { file: [file_echo_echo.proto] }));
}
