import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import type * as grpc from '@grpc/grpc-js';
import {
  type ServerReflectionRequest,
  ServerReflectionRequestSchema,
  type ServerReflectionResponse,
  ServerReflectionResponseSchema,
} from '../../gen/grpc/reflection/v1/reflection_pb.ts';
import { outcomeOf } from '../target/channel-outcome.ts';

export interface ReflectionOptions {
  readonly deadlineMs: number;
  readonly metadata: grpc.Metadata;
  /** What a server may say of itself; default 64 MiB. */
  readonly mostBytes?: number;
}

/** Rejects with the status of the call where no answer comes. */
export type Ask = (question: ServerReflectionRequest['messageRequest']) => Promise<ServerReflectionResponse>;

/**
 * Asks a server about its services, each time by a stream of its own: some end it after one answer.
 *
 * @param version - `v1` or `v1alpha`
 * @param deadline - of all questions together, as of `Date.now()`
 */
export function askOf(client: grpc.Client, version: string, deadline: number, metadata: grpc.Metadata): Ask {
  return (question) =>
    new Promise((resolve, reject) => {
      const call = client.makeBidiStreamRequest(
        `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`,
        (request: ServerReflectionRequest) => Buffer.from(toBinary(ServerReflectionRequestSchema, request)),
        (bytes: Buffer) => fromBinary(ServerReflectionResponseSchema, bytes),
        metadata,
        { deadline },
      );
      call.once('data', (answer: ServerReflectionResponse) => {
        resolve(answer);
        // Some servers leave it open.
        call.cancel();
      });
      // Its reason is in the status, which also comes where there was no error.
      call.on('error', () => {});
      const { headers, status } = outcomeOf(
        false,
        {
          headers: () => {},
          message: () => {},
          status: ({ code, details }) =>
            reject(
              code === 0
                ? Object.assign(new Error(), { code: 2, details: 'it ended without an answer' })
                : Object.assign(new Error(details), { code, details }),
            ),
        },
        () => {},
      );
      call.once('metadata', headers);
      call.once('status', status);
      call.write(create(ServerReflectionRequestSchema, { messageRequest: question }));
      call.end();
    });
}
