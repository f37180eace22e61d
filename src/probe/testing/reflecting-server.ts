import { once } from 'node:events';
import { create, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import {
  FieldDescriptorProto_Label,
  FieldDescriptorProto_Type,
  type FileDescriptorProto,
  FileDescriptorProtoSchema,
} from '@bufbuild/protobuf/wkt';
import * as grpc from '@grpc/grpc-js';
import {
  type ServerReflectionRequest,
  ServerReflectionRequestSchema,
  ServerReflectionResponseSchema,
} from '../../gen/grpc/reflection/v1/reflection_pb.ts';

/** `string`, or a message's full name. */
type Fields = Readonly<Record<string, string>>;

/** A file as a compiler makes it: messages by name, and `Service/Method` to the types that it takes and gives. */
export function fileOf(
  name: string,
  dependency: readonly string[],
  messages: Readonly<Record<string, Fields>>,
  methods: Readonly<Record<string, readonly [string, string]>> = {},
): FileDescriptorProto {
  const services = Map.groupBy(Object.entries(methods), ([path]) => path.split('/')[0]!);
  return create(FileDescriptorProtoSchema, {
    ...{ name, package: name.split('.')[0]!.replaceAll('/', '.'), syntax: 'proto3', dependency: [...dependency] },
    messageType: Object.entries(messages).map(([name, fields]) => ({
      name,
      field: Object.entries(fields).map(([name, type], index) => ({
        ...{ name, jsonName: name, number: index + 1, label: FieldDescriptorProto_Label.OPTIONAL },
        ...(type === 'string'
          ? { type: FieldDescriptorProto_Type.STRING }
          : { type: FieldDescriptorProto_Type.MESSAGE, typeName: `.${type}` }),
      })),
    })),
    service: [...services].map(([name, methods]) => ({
      name,
      method: methods.map(([path, [inputType, outputType]]) => ({
        ...{ name: path.split('/')[1]!, inputType: `.${inputType}`, outputType: `.${outputType}` },
      })),
    })),
  });
}

type Answer = MessageInitShape<typeof ServerReflectionResponseSchema>['messageResponse'];

export interface ReflectingServer {
  readonly client: grpc.Client;
  readonly questions: ServerReflectionRequest['messageRequest'][];
  close(): void;
}

/** A server that describes itself as `answer` says; undefined: it ends the stream without an answer. */
export async function startReflecting(
  version: 'v1' | 'v1alpha',
  answer: (question: ServerReflectionRequest['messageRequest']) => Answer | undefined,
): Promise<ReflectingServer> {
  const questions: ServerReflectionRequest['messageRequest'][] = [];
  const server = new grpc.Server();
  server.addService(
    {
      info: {
        path: `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`,
        ...{ requestStream: true, responseStream: true },
        requestSerialize: (bytes: Buffer) => bytes,
        requestDeserialize: (bytes: Buffer) => fromBinary(ServerReflectionRequestSchema, bytes),
        responseSerialize: (messageResponse: Answer) =>
          Buffer.from(
            toBinary(ServerReflectionResponseSchema, create(ServerReflectionResponseSchema, { messageResponse })),
          ),
        responseDeserialize: (bytes: Buffer) => bytes,
      },
    },
    {
      // It takes one question a stream, and leaves the stream open.
      info: (call: grpc.ServerDuplexStream<ServerReflectionRequest, Answer>) => {
        void once(call, 'data').then(([request]) => {
          const { messageRequest } = request as ServerReflectionRequest;
          questions.push(messageRequest);
          const said = answer(messageRequest);
          if (said === undefined) call.end();
          else call.write(said);
        });
      },
    },
  );
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  const client = new grpc.Client(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
  return {
    client,
    questions,
    close() {
      client.close();
      server.forceShutdown();
    },
  };
}

export const filesAnswer = (files: readonly FileDescriptorProto[]): Answer => ({
  case: 'fileDescriptorResponse',
  value: { fileDescriptorProto: files.map((file) => toBinary(FileDescriptorProtoSchema, file)) },
});

export const errorAnswer = (errorCode: number, errorMessage: string): Answer => ({
  case: 'errorResponse',
  value: { errorCode, errorMessage },
});
