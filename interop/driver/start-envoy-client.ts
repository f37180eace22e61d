import { findEnvoy, howToGetEnvoy } from '../../src/base/find-envoy.ts';
import { envoyBootstrap } from '../../src/bootstrap/envoy-bootstrap.ts';
import { ClientProcess, type Launch } from './client-process.ts';
import type { ClientId } from './clients.ts';
import { EnvoyProcess } from './envoy-process.ts';
import { fetchEnvoyStatus } from './envoy-status.ts';
import { type LiveClient, nodeIdOf, type Surroundings } from './live-client.ts';

/**
 * Starts Envoy, with the bootstrap that `evenkeel bootstrap --envoy` prints, and a plain gRPC client that calls through it.
 * It is the gateway that has the client's id as its name.
 */
export async function startEnvoyClient(
  id: ClientId,
  transport: 'sotw' | 'delta',
  { command, args, env }: Launch,
  { folder, xdsAddress, gateways, tls, zone, loadReports }: Surroundings,
): Promise<LiveClient> {
  const binary = await findEnvoy();
  if (binary === undefined) throw new Error(howToGetEnvoy);
  const nodeId = nodeIdOf(id);
  const delta = transport === 'delta';
  const options = { gateway: id, server: xdsAddress, nodeId, zone, adminPort: 0, delta, tls, loadReports };
  const envoy = await EnvoyProcess.start(binary, folder, nodeId, envoyBootstrap(options, {}));
  try {
    const process = await ClientProcess.start(id, {
      command,
      args,
      env: { ...env, INTEROP_PROXY: gateways.get(id) ?? '' },
    });
    return {
      id,
      version: `Envoy ${envoy.version}, ${delta ? 'delta' : 'state of the world'}`,
      process,
      showsRequests: false,
      status: () => fetchEnvoyStatus(envoy.admin),
      stop: async () => {
        await process.quit();
        await envoy.stop();
      },
    };
  } catch (error) {
    await envoy.stop();
    throw error;
  }
}
