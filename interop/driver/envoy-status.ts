import type { ClientResource } from './client-status.ts';

/** An entry of one of the lists in a configuration dump. */
interface Entry {
  readonly name?: string;
  readonly version_info?: string;
  readonly active_state?: { readonly version_info?: string };
  readonly warming_state?: object;
  readonly cluster?: { readonly name: string };
  readonly route_config?: { readonly name: string; readonly virtual_hosts?: readonly { readonly name: string }[] };
  readonly endpoint_config?: { readonly cluster_name: string };
  readonly error_state?: { readonly details?: string };
}

interface ConfigDump {
  readonly configs: readonly {
    readonly dynamic_listeners?: readonly Entry[];
    readonly dynamic_active_clusters?: readonly Entry[];
    readonly dynamic_warming_clusters?: readonly Entry[];
    readonly dynamic_route_configs?: readonly Entry[];
    readonly dynamic_endpoint_configs?: readonly Entry[];
  }[];
}

/**
 * Envoy's own view of its resources, and of the virtual hosts in its routes. Envoy offers no CSDS: what it applied stands
 * in its configuration dump, and what it rejected in its counters `update_rejected`, which never go back.
 *
 * @param admin - `HOST:PORT` of its admin server
 */
export async function fetchEnvoyStatus(admin: string): Promise<ClientResource[]> {
  const dump = await fetch(`http://${admin}/config_dump?include_eds`);
  const rejected = await fetch(`http://${admin}/stats?usedonly&filter=update_rejected`);
  return [...appliedIn((await dump.json()) as ConfigDump), ...rejectionsIn(await rejected.text())];
}

export function appliedIn({ configs }: ConfigDump): ClientResource[] {
  const all = (pick: (config: ConfigDump['configs'][number]) => readonly Entry[] | undefined): Entry[] =>
    configs.flatMap((config) => pick(config) ?? []);
  return [
    ...all((config) => config.dynamic_listeners).map((entry) =>
      resource('Listener', entry.name, entry, entry.active_state === undefined ? 'WARMING' : 'ACKED'),
    ),
    ...all((config) => config.dynamic_active_clusters).map((entry) => resource('Cluster', entry.cluster?.name, entry)),
    ...all((config) => config.dynamic_warming_clusters).map((entry) =>
      resource('Cluster', entry.cluster?.name, entry, 'WARMING'),
    ),
    ...all((config) => config.dynamic_route_configs).flatMap((entry) => [
      resource('RouteConfiguration', entry.route_config?.name, entry),
      ...(entry.route_config?.virtual_hosts ?? []).map(({ name }) => resource('VirtualHost', name, entry)),
    ]),
    ...all((config) => config.dynamic_endpoint_configs).map((entry) =>
      resource('ClusterLoadAssignment', entry.endpoint_config?.cluster_name, entry),
    ),
  ];
}

function resource(type: string, name: string | undefined, entry: Entry, status = 'ACKED'): ClientResource {
  const version = entry.version_info ?? entry.active_state?.version_info ?? '';
  return { type, name: name ?? '', status, version, error: entry.error_state?.details ?? '' };
}

/** `cluster.NAME.update_rejected: 2` */
export function rejectionsIn(stats: string): ClientResource[] {
  return [...stats.matchAll(/^(\S+)\.update_rejected: (\d+)$/gm)]
    .filter(([, , count]) => count !== '0')
    .map(([, name = '', count]) => ({
      type: 'update of',
      name,
      status: 'NACKED',
      version: '',
      error: `${count} rejected`,
    }));
}
