import { type DescFile, type DescService, toBinary } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import type { Server } from '@grpc/grpc-js';
import { ReflectionService } from '@grpc/reflection';

/**
 * Server reflection (v1 and v1alpha) for generated services.
 *
 * The library wants what proto-loader makes of .proto files but reads only the file descriptors in it; those are in the
 * generated code already, so no .proto file has to be found at run time.
 */
export function addReflection(server: Server, services: readonly DescService[]): void {
  const definitions = services.map((service) => [
    service.typeName,
    { format: 'Protocol Buffer 3 DescriptorProto', type: {}, fileDescriptorProtos: descriptorsOf(service.file) },
  ]);
  const names = services.map(({ typeName }) => typeName);
  new ReflectionService(Object.fromEntries(definitions), { services: names }).addToServer(server);
}

/** The file and everything it imports. */
function descriptorsOf(file: DescFile): Buffer[] {
  return [file, ...file.dependencies].map(({ proto }) => Buffer.from(toBinary(FileDescriptorProtoSchema, proto)));
}
