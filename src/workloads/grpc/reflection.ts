import { type DescFile, type DescService, toBinary } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import type { handleBidiStreamingCall, Server, ServiceDefinition, UntypedServiceImplementation } from '@grpc/grpc-js';

const versions = ['v1', 'v1alpha'] as const;
type Version = (typeof versions)[number];

/** What the library registers for one version of the protocol. */
interface Loaded {
  readonly definition: ServiceDefinition[string];
  readonly handle: handleBidiStreamingCall<unknown, unknown>;
}

/**
 * Server reflection (v1 and v1alpha) for generated services, by `@grpc/reflection`.
 *
 * The library is loaded by the first call that needs it: with proto-loader and its own .proto files it costs 45 ms of
 * processor time, a fifth of a backend's start, and most pods are never asked.
 */
export function addReflection(server: Server, services: readonly DescService[]): void {
  let loading: Promise<Readonly<Record<Version, Loaded>>> | undefined;
  for (const version of versions) {
    const path = `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`;
    const handle: handleBidiStreamingCall<Buffer, Buffer> = (call) => {
      loading ??= load(services);
      loading.then(
        (loaded) => loaded[version].handle(typed(call, loaded[version].definition)),
        (error: Error) => call.emit('error', error),
      );
    };
    server.addService({ info: { path, requestStream: true, responseStream: true, ...bytes } }, { info: handle });
  }
}

const same = (value: Buffer): Buffer => value;
const bytes = { requestSerialize: same, requestDeserialize: same, responseSerialize: same, responseDeserialize: same };

/**
 * The library wants what proto-loader makes of .proto files but reads only the file descriptors in it; those are in the
 * generated code already, so no .proto file has to be found at run time.
 */
async function load(services: readonly DescService[]): Promise<Readonly<Record<Version, Loaded>>> {
  const { ReflectionService } = await import('@grpc/reflection');
  const definitions = services.map((service) => [
    service.typeName,
    { format: 'Protocol Buffer 3 DescriptorProto', type: {}, fileDescriptorProtos: descriptorsOf(service.file) },
  ]);
  const names = services.map(({ typeName }) => typeName);
  const registered: Partial<Record<string, Loaded>> = {};
  const recorder = {
    addService(service: ServiceDefinition, handlers: UntypedServiceImplementation) {
      const [name, definition] = Object.entries(service)[0]!;
      const handle = handlers[name] as Loaded['handle'];
      registered[definition.path.split('.')[2]!] = { definition, handle };
    },
  };
  new ReflectionService(Object.fromEntries(definitions), { services: names }).addToServer(recorder);
  return registered as Record<Version, Loaded>;
}

/** The file and everything it imports. */
function descriptorsOf(file: DescFile): Buffer[] {
  const imported = file.dependencies.flatMap(descriptorsOf);
  return [Buffer.from(toBinary(FileDescriptorProtoSchema, file.proto)), ...imported];
}

/** The call as the library's handler uses it, over a call that carries bytes. */
function typed(
  call: Parameters<handleBidiStreamingCall<Buffer, Buffer>>[0],
  definition: Loaded['definition'],
): Parameters<Loaded['handle']>[0] {
  const facade = {
    on(event: string, listener: (value?: unknown) => void) {
      call.on(event, event === 'data' ? (value: Buffer) => listener(definition.requestDeserialize(value)) : listener);
    },
    write: (answer: unknown) => call.write(definition.responseSerialize(answer)),
    end: () => call.end(),
  };
  return facade as unknown as Parameters<Loaded['handle']>[0];
}
