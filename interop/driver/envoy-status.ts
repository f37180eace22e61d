import type { ClientResource } from './client-status.ts';

interface DynamicConfig {
  readonly version_info?: string;
  readonly cluster?: { readonly name: string };
  readonly route_config?: { readonly name: string };
  readonly endpoint_config?: { readonly cluster_name: string };
  readonly error_state?: { readonly details?: string };
}

interface ConfigDump {
  readonly configs: readonly {
    readonly '@type': string;
    readonly dynamic_active_clusters?: readonly DynamicConfig[];
    readonly dynamic_warming_clusters?: readonly DynamicConfig[];
    readonly dynamic_route_configs?: readonly DynamicConfig[];
    readonly dynamic_endpoint_configs?: readonly DynamicConfig[];
  }[];
}

/**
 * Envoy's own view of its resources. Envoy offers no CSDS: what it applied stands in its configuration dump, and what it
 * rejected in its counters `update_rejected`, which never go back.
 *
 * @param admin - `HOST:PORT` of its admin server
 */
export async function fetchEnvoyStatus(admin: string): Promise<ClientResource[]> {
  const dump = (await (await fetch(`http://${admin}/config_dump?include_eds`)).json()) as ConfigDump;
  const rejected = (await (await fetch(`http://${admin}/stats?usedonly&filter=update_rejected`)).text()).trim();
  return [
    ...dump.configs.flatMap((config) => [
      ...resources(config.dynamic_active_clusters, 'ACKED'),
      ...resources(config.dynamic_warming_clusters, 'WARMING'),
      ...resources(config.dynamic_route_configs, 'ACKED'),
      ...resources(config.dynamic_endpoint_configs, 'ACKED'),
    ]),
    ...rejections(rejected),
  ];
}

function resources(configs: readonly DynamicConfig[] = [], status: string): ClientResource[] {
  return configs.map(({ version_info = '', cluster, route_config, endpoint_config, error_state }) => ({
    type:
      cluster !== undefined ? 'Cluster' : route_config !== undefined ? 'RouteConfiguration' : 'ClusterLoadAssignment',
    name: cluster?.name ?? route_config?.name ?? endpoint_config?.cluster_name ?? '',
    status,
    version: version_info,
    error: error_state?.details ?? '',
  }));
}

/** `cluster.NAME.update_rejected: 2` */
function rejections(stats: string): ClientResource[] {
  return [...stats.matchAll(/^(\S+)\.update_rejected: (\d+)$/gm)]
    .filter(([, , count]) => count !== '0')
    .map(([, name = '', count = '']) => ({
      type: 'update',
      name,
      status: 'NACKED',
      version: '',
      error: `${count} updates rejected`,
    }));
}
