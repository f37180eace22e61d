import { create, type FileRegistry, fromBinary, toBinary } from '@bufbuild/protobuf';
import { type FileDescriptorProto, FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import type * as grpc from '@grpc/grpc-js';
import { EvenkeelError } from '../../base/errors.ts';
import {
  type ServerReflectionRequest,
  ServerReflectionRequestSchema,
  type ServerReflectionResponse,
  ServerReflectionResponseSchema,
} from '../../gen/grpc/reflection/v1/reflection_pb.ts';
import { registryOf } from './proto-files.ts';

const versions = ['v1', 'v1alpha'] as const;
const unimplemented = 12;
const notFound = 5;

type Question = ServerReflectionRequest['messageRequest'];

/**
 * Asks a server for a service and everything that its messages are made of; v1, else v1alpha, whose messages are the same.
 *
 * @throws EvenkeelError `EK_PROBE_NO_REFLECTION`, `EK_PROBE_METHOD` naming the services that there are,
 *   `EK_PROBE_UNREACHABLE`
 */
export async function reflect(
  client: grpc.Client,
  service: string,
  { deadlineMs, metadata }: { readonly deadlineMs: number; readonly metadata: grpc.Metadata },
): Promise<FileRegistry> {
  for (const version of versions) {
    const ask = openConversation(client, version, Date.now() + deadlineMs, metadata);
    try {
      return await collect(ask, service);
    } catch (thrown) {
      const { code, details } = thrown as Partial<grpc.ServiceError>;
      if (code === unimplemented) continue;
      if (thrown instanceof EvenkeelError || code === undefined) throw thrown;
      throw new EvenkeelError('EK_PROBE_UNREACHABLE', `the server did not say what ${service} is: ${details}`, {
        cause: thrown,
      });
    } finally {
      ask.end();
    }
  }
  throw new EvenkeelError(
    'EK_PROBE_NO_REFLECTION',
    `the server does not say what ${service} is: it has no reflection`,
    {
      field: '--method',
    },
  );
}

interface Conversation {
  (question: Question): Promise<ServerReflectionResponse>;
  end(): void;
}

function openConversation(
  client: grpc.Client,
  version: string,
  deadline: number,
  metadata: grpc.Metadata,
): Conversation {
  const call = client.makeBidiStreamRequest(
    `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`,
    (request: ServerReflectionRequest) => Buffer.from(toBinary(ServerReflectionRequestSchema, request)),
    (bytes: Buffer) => fromBinary(ServerReflectionResponseSchema, bytes),
    metadata,
    { deadline },
  );
  let waiting: PromiseWithResolvers<ServerReflectionResponse> | undefined;
  let failure: Error | undefined;
  call.on('data', (answer: ServerReflectionResponse) => waiting?.resolve(answer));
  call.on('error', (error) => {
    failure = error;
    waiting?.reject(error);
  });
  const ask = (question: Question): Promise<ServerReflectionResponse> => {
    if (failure !== undefined) return Promise.reject(failure);
    waiting = Promise.withResolvers();
    call.write(create(ServerReflectionRequestSchema, { messageRequest: question }));
    return waiting.promise;
  };
  return Object.assign(ask, {
    end: () => {
      call.end();
      call.cancel();
    },
  });
}

async function collect(ask: Conversation, service: string): Promise<FileRegistry> {
  const files = new Map<string, FileDescriptorProto>();
  const take = (answer: ServerReflectionResponse): boolean => {
    if (answer.messageResponse.case !== 'fileDescriptorResponse') return false;
    for (const bytes of answer.messageResponse.value.fileDescriptorProto) {
      const file = fromBinary(FileDescriptorProtoSchema, bytes);
      files.set(file.name, file);
    }
    return true;
  };
  const first = await ask({ case: 'fileContainingSymbol', value: service });
  if (!take(first)) {
    const answer = first.messageResponse;
    if (answer.case === 'errorResponse' && answer.value.errorCode === unimplemented) {
      throw Object.assign(new Error(answer.value.errorMessage), { code: unimplemented });
    }
    const said =
      answer.case === 'errorResponse' && answer.value.errorCode !== notFound ? `: ${answer.value.errorMessage}` : '';
    throw new EvenkeelError('EK_PROBE_METHOD', `the server has no service ${service}${said}`, {
      field: '--method',
      hint: `It has ${(await listServices(ask)).join(', ')}.`,
    });
  }
  // A server may answer with the file alone, or with all that it imports.
  for (;;) {
    const missing = [...files.values()].flatMap(({ dependency }) => dependency).find((name) => !files.has(name));
    if (missing === undefined) return registryOf([...files.values()]);
    if (!take(await ask({ case: 'fileByFilename', value: missing })) || !files.has(missing)) {
      throw new EvenkeelError('EK_PROBE_NO_REFLECTION', `the server does not give ${missing}, which ${service} needs`, {
        field: '--method',
      });
    }
  }
}

async function listServices(ask: Conversation): Promise<string[]> {
  const { messageResponse } = await ask({ case: 'listServices', value: '' });
  return messageResponse.case === 'listServicesResponse' ? messageResponse.value.service.map(({ name }) => name) : [];
}
