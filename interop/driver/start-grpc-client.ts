import { clientBootstrap } from '../../src/bootstrap/client-bootstrap.ts';
import { ClientProcess, type Launch } from './client-process.ts';
import { fetchClientStatus } from './client-status.ts';
import type { ClientId } from './clients.ts';
import { type LiveClient, nodeIdOf, type Surroundings } from './live-client.ts';

/** Starts a gRPC library's program with the bootstrap that `evenkeel bootstrap` prints. */
export async function startGrpcClient(
  id: ClientId,
  { command, args, env }: Launch,
  { descriptors, xdsAddress, tls, resourceErrors, zone, env: more }: Surroundings,
): Promise<LiveClient> {
  const node = { server: xdsAddress, nodeId: nodeIdOf(id), zone, namespace: 'default', workload: id };
  const options = { ...node, resourceErrors, tls };
  const bootstrap = clientBootstrap(options, {});
  const process = await ClientProcess.start(id, {
    command,
    args,
    env: {
      ...env,
      ...more,
      INTEROP_ECHO_DESCRIPTORS: descriptors,
      GRPC_XDS_BOOTSTRAP_CONFIG: JSON.stringify(bootstrap),
    },
  });
  return {
    id,
    version: process.client,
    process,
    showsRequests: true,
    status: () => fetchClientStatus(process.csds!),
    stop: () => process.quit(),
  };
}
