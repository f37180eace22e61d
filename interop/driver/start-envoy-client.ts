import { findEnvoy, howToGetEnvoy } from '../../src/base/find-envoy.ts';
import { ClientProcess, type Launch } from './client-process.ts';
import type { ClientId } from './clients.ts';
import { EnvoyProcess } from './envoy-process.ts';
import { fetchEnvoyStatus } from './envoy-status.ts';
import { type LiveClient, nodeIdOf, type Surroundings } from './live-client.ts';

/** Starts Envoy and a plain gRPC client that calls through it. */
export async function startEnvoyClient(
  id: ClientId,
  transport: 'sotw' | 'delta',
  { command, args, env }: Launch,
  { folder, xdsAddress, services }: Surroundings,
): Promise<LiveClient> {
  const binary = await findEnvoy();
  if (binary === undefined) throw new Error(howToGetEnvoy);
  const envoy = await EnvoyProcess.start(binary, folder, {
    nodeId: nodeIdOf(id),
    xdsAddress,
    transport,
    routes: services.map(({ name: service, late }) => ({
      service,
      name: `default/${service}:50051`,
      route: late ? 'inline' : 'rds',
    })),
  });
  const proxies = [...envoy.listeners].map(([service, address]) => [`xds:///${service}`, address]);
  try {
    const process = await ClientProcess.start(id, {
      command,
      args,
      env: { ...env, INTEROP_PROXIES: JSON.stringify(Object.fromEntries(proxies)) },
    });
    return {
      id,
      version: `Envoy ${envoy.version}, ${transport === 'delta' ? 'delta' : 'state of the world'}`,
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
