import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import type { Any } from '@bufbuild/protobuf/wkt';
import {
  ClientStatusRequestSchema,
  ClientStatusResponseSchema,
} from '@evenkeel/xds/gen/envoy/service/status/v3/csds_pb';
import * as grpc from '@grpc/grpc-js';
import type { Expected } from './expected.ts';
import { type XdsCall, xdsEndpoints } from './xds-endpoints.ts';

const path = '/envoy.service.status.v3.ClientStatusDiscoveryService/FetchClientStatus';

/**
 * The endpoints of a call that this process's own xDS client has been given (CSDS, gRFC A40), asked as anybody would ask it: over a
 * server on the loopback interface that lives for the question.
 */
export async function expectedOfXds(call: XdsCall): Promise<Expected> {
  const server = new grpc.Server();
  grpc.addAdminServicesToServer(server);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  const client = new grpc.Client(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
  try {
    const bytes = await new Promise<Buffer>((resolve, reject) => {
      client.makeUnaryRequest(
        path,
        (request: Buffer) => request,
        (answer: Buffer) => answer,
        Buffer.from(toBinary(ClientStatusRequestSchema, create(ClientStatusRequestSchema))),
        { deadline: Date.now() + 5000 },
        (error, answer) => (error === null ? resolve(answer!) : reject(error)),
      );
    });
    const backends = (xdsEndpoints(resourcesIn(bytes), call) ?? []).map((address) => ({ address }));
    const known = backends.length > 0;
    return { source: 'xds', count: known ? backends.length : null, backends, known, families: false };
  } finally {
    client.close();
    server.forceShutdown();
  }
}

function resourcesIn(bytes: Uint8Array): Any[] {
  const { config } = fromBinary(ClientStatusResponseSchema, bytes);
  return config.flatMap(({ genericXdsConfigs }) => genericXdsConfigs).flatMap(({ xdsConfig }) => xdsConfig ?? []);
}
