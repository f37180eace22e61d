import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { anyUnpack } from '@bufbuild/protobuf/wkt';
import { HealthStatus } from '@evenkeel/xds/gen/envoy/config/core/v3/health_check_pb';
import { ClusterLoadAssignmentSchema } from '@evenkeel/xds/gen/envoy/config/endpoint/v3/endpoint_pb';
import {
  ClientStatusRequestSchema,
  ClientStatusResponseSchema,
} from '@evenkeel/xds/gen/envoy/service/status/v3/csds_pb';
import * as grpc from '@grpc/grpc-js';
import { formatAddress } from '../../base/listen-address.ts';
import type { Expected, ExpectedBackend } from './expected.ts';

const path = '/envoy.service.status.v3.ClientStatusDiscoveryService/FetchClientStatus';

/**
 * The endpoints that this process's own xDS client has been given (CSDS, gRFC A40), asked as anybody would ask it: over a
 * server on the loopback interface that lives for the question.
 */
export async function expectedOfXds(): Promise<Expected> {
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
    const backends = endpointsIn(bytes);
    const known = backends.length > 0;
    return { source: 'xds', count: known ? backends.length : null, backends, known, families: false };
  } finally {
    client.close();
    server.forceShutdown();
  }
}

function endpointsIn(bytes: Uint8Array): ExpectedBackend[] {
  const { config } = fromBinary(ClientStatusResponseSchema, bytes);
  const addresses = config
    .flatMap(({ genericXdsConfigs }) => genericXdsConfigs)
    .flatMap(({ xdsConfig }) => (xdsConfig === undefined ? [] : [anyUnpack(xdsConfig, ClusterLoadAssignmentSchema)]))
    .flatMap((assignment) => assignment?.endpoints ?? [])
    .flatMap(({ lbEndpoints }) => lbEndpoints)
    .filter(({ healthStatus }) => healthStatus === HealthStatus.UNKNOWN || healthStatus === HealthStatus.HEALTHY)
    .flatMap(({ hostIdentifier }) => {
      if (hostIdentifier.case !== 'endpoint') return [];
      const address = hostIdentifier.value.address?.address;
      if (address?.case !== 'socketAddress' || address.value.portSpecifier.case !== 'portValue') return [];
      return [formatAddress(address.value.address, address.value.portSpecifier.value)];
    });
  return [...new Set(addresses)].map((address) => ({ address }));
}
