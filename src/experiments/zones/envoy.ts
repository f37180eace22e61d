import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatAddress } from '../../base/listen-address.ts';
import { envoyAdminPort, envoyDeployment } from '../../environments/lab/envoy-pod.ts';
import type { Lab } from '../../lab/index.ts';
import { envoyListener, http2Upstream, socketAddress } from '../envoy-parts.ts';
import type { ZonePods } from './priorities.ts';

const port = 10_001;
const cluster = 'orders';
const callersCluster = 'callers';
const typeUrl = 'type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment';

/** Endpoints for all Envoys of a run: a file that they watch. */
export class EnvoyEndpoints {
  readonly #folder: string;
  readonly #podPort: number;

  constructor(lab: Lab, podPort: number) {
    this.#folder = join(lab.stateDir, 'envoy-endpoints');
    this.#podPort = podPort;
    mkdirSync(this.#folder);
  }

  publish(pods: readonly ZonePods[]): void {
    const assignment = { '@type': typeUrl, cluster_name: cluster, endpoints: localities(pods, this.#podPort) };
    const temporary = join(this.#folder, 'new');
    writeFileSync(temporary, JSON.stringify({ resources: [assignment] }));
    // Envoy takes a file that was moved into place.
    renameSync(temporary, this.#file);
  }

  get source(): object {
    return {
      resource_api_version: 'V3',
      path_config_source: { path: this.#file, watched_directory: { path: this.#folder } },
    };
  }

  get #file(): string {
    return join(this.#folder, 'endpoints.json');
  }
}

/**
 * An Envoy in each zone, through which all callers there call.
 *
 * @param callers - how many callers each zone has, as every Envoy is told
 * @returns `HOST:PORT` by zone
 */
export async function startZoneEnvoys(
  lab: Lab,
  binary: string,
  callers: readonly { readonly zone: string; readonly kubeNode: string; readonly clients: number }[],
  { source }: EnvoyEndpoints,
): Promise<string[]> {
  const fleet = callers.reduce((sum, { clients }) => sum + clients, 0);
  const names = callers.map(({ zone }) => `envoy-${fleet}-${zone}`);
  for (const [index, { zone, kubeNode }] of callers.entries()) {
    const { template, ...spec } = envoyDeployment(names[index]!, binary, port, bootstrap(zone, callers, source));
    lab.createDeployment({ ...spec, template: { ...template, kubeNode } });
  }
  const pods = await Promise.all(names.map((name) => lab.ready(name)));
  return pods.map(([pod]) => formatAddress(pod!.ip, port));
}

function bootstrap(
  zone: string,
  callers: readonly { readonly zone: string; readonly clients: number }[],
  source: object,
): object {
  let number = 0;
  // Nobody connects to them: how many there are in each zone is what counts.
  const others = callers.map(({ zone, clients }) => ({
    ...{ zone, addresses: Array.from({ length: clients }, () => `127.0.0.${++number}`) },
  }));
  return {
    node: { id: `caller-${zone}`, cluster: callersCluster, locality: { zone } },
    admin: { address: socketAddress('$(POD_IP)', envoyAdminPort) },
    cluster_manager: { local_cluster_name: callersCluster },
    static_resources: {
      listeners: [envoyListener(cluster, port)],
      clusters: [
        {
          ...{ name: callersCluster, type: 'STATIC' },
          load_assignment: { cluster_name: callersCluster, endpoints: localities(others, port) },
        },
        {
          ...{ name: cluster, type: 'EDS', lb_policy: 'ROUND_ROBIN', ...http2Upstream },
          eds_cluster_config: { eds_config: source },
          // Below so many pods Envoy would not look at zones; by default there have to be six.
          common_lb_config: { zone_aware_lb_config: { min_cluster_size: 1 } },
        },
      ],
    },
  };
}

function localities(pods: readonly ZonePods[], podPort: number): object[] {
  return pods
    .filter(({ addresses }) => addresses.length > 0)
    .map(({ zone, addresses }) => ({
      locality: { zone },
      lb_endpoints: addresses.map((address) => ({ endpoint: { address: socketAddress(address, podPort) } })),
    }));
}
