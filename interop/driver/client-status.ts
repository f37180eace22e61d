import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { ClientResourceStatus } from '@evenkeel/xds/gen/envoy/admin/v3/config_dump_shared_pb';
import {
  ClientStatusRequestSchema,
  type ClientStatusResponse,
  ClientStatusResponseSchema,
} from '@evenkeel/xds/gen/envoy/service/status/v3/csds_pb';
import { Client, credentials, type ServiceError } from '@grpc/grpc-js';

/** One resource as the client itself sees it. */
export interface ClientResource {
  /** `Listener`, `RouteConfiguration`, `Cluster`, `ClusterLoadAssignment`. */
  readonly type: string;
  readonly name: string;
  /** `ACKED`, `NACKED`, `REQUESTED`, `DOES_NOT_EXIST`; a number for what is newer than our protos. */
  readonly status: string;
  readonly version: string;
  /** Why the last version was rejected; empty where it was not. */
  readonly error: string;
}

const statusNames = new Map<number, string>(Object.entries(ClientResourceStatus).map(([name, value]) => [value, name]));

/** `type.googleapis.com/envoy.config.cluster.v3.Cluster` → `Cluster` */
function shortType(typeUrl: string): string {
  return typeUrl.slice(typeUrl.lastIndexOf('.') + 1);
}

/**
 * Asks a gRPC client for its xDS state (CSDS, gRFC A40).
 *
 * @param address - `HOST:PORT` of the client's ClientStatusDiscoveryService
 */
export async function fetchClientStatus(address: string): Promise<ClientResource[]> {
  const channel = new Client(address, credentials.createInsecure());
  try {
    const response = await new Promise<ClientStatusResponse>((resolve, reject) => {
      channel.makeUnaryRequest(
        '/envoy.service.status.v3.ClientStatusDiscoveryService/FetchClientStatus',
        (bytes: Uint8Array) => Buffer.from(bytes),
        (bytes: Buffer) => fromBinary(ClientStatusResponseSchema, bytes),
        toBinary(ClientStatusRequestSchema, create(ClientStatusRequestSchema)),
        { deadline: Date.now() + 10_000 },
        (error: ServiceError | null, reply) => (reply === undefined ? reject(error) : resolve(reply)),
      );
    });
    return resourcesOf(response);
  } finally {
    channel.close();
  }
}

/** A client may hold one configuration for each target (gRFC A71): all of them count. */
function resourcesOf({ config }: ClientStatusResponse): ClientResource[] {
  return config
    .flatMap(({ genericXdsConfigs }) => genericXdsConfigs)
    .map(({ typeUrl, name, clientStatus, versionInfo, errorState }) => ({
      type: shortType(typeUrl),
      name,
      status: statusNames.get(clientStatus) ?? String(clientStatus),
      version: versionInfo,
      error: errorState?.details ?? '',
    }));
}
