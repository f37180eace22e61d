/** A field of `evenkeel.yaml` that a flag of `evenkeel serve` and an environment variable can set too. */
export interface Setting {
  /** Dotted path in `evenkeel.yaml`. */
  readonly field: string;
  readonly flag: `--${string}`;
  readonly env: `EVENKEEL_${string}`;
  /** How its text is read; a `list` is comma-separated, a `switch` is `true` or `false`, its flag alone is `true`. */
  readonly kind: 'text' | 'list' | 'number' | 'switch';
  /** What stands for the value in `--help`; empty for a switch. */
  readonly placeholder: string;
}

/** The one table that flags, environment variables and docs/configuration.md are made from. */
export const settings = [
  setting('xds.listen', '--xds-listen', 'EVENKEEL_XDS_LISTEN', 'text', 'host:port'),
  setting(
    'xds.maxConnectionAgeMs',
    '--xds-max-connection-age-ms',
    'EVENKEEL_XDS_MAX_CONNECTION_AGE_MS',
    'number',
    'ms',
  ),
  setting('xds.maxConnections', '--xds-max-connections', 'EVENKEEL_XDS_MAX_CONNECTIONS', 'number', 'n'),
  setting('xds.memoryBytes', '--xds-memory-bytes', 'EVENKEEL_XDS_MEMORY_BYTES', 'number', 'bytes'),
  setting('xds.clientStatus', '--xds-client-status', 'EVENKEEL_XDS_CLIENT_STATUS', 'text', 'where'),
  setting('xds.replicas.name', '--xds-replicas-name', 'EVENKEEL_XDS_REPLICAS_NAME', 'text', 'name'),
  setting('xds.replicas.perSecond', '--xds-replicas-per-second', 'EVENKEEL_XDS_REPLICAS_PER_SECOND', 'number', 'n'),
  setting('xds.plaintext', '--xds-plaintext', 'EVENKEEL_XDS_PLAINTEXT', 'text', 'where'),
  setting('xds.tls.listen', '--tls-listen', 'EVENKEEL_TLS_LISTEN', 'text', 'host:port'),
  setting('xds.tls.cert', '--tls-cert', 'EVENKEEL_TLS_CERT', 'text', 'file'),
  setting('xds.tls.key', '--tls-key', 'EVENKEEL_TLS_KEY', 'text', 'file'),
  setting('xds.tls.ca', '--tls-ca', 'EVENKEEL_TLS_CA', 'text', 'file'),
  setting('admin.listen', '--admin-listen', 'EVENKEEL_ADMIN_LISTEN', 'text', 'host:port'),
  setting('admin.debug', '--admin-debug', 'EVENKEEL_ADMIN_DEBUG', 'text', 'where'),
  setting('discovery.file.path', '--endpoints', 'EVENKEEL_ENDPOINTS', 'text', 'file'),
  setting('discovery.dns.servers', '--dns', 'EVENKEEL_DNS', 'list', 'ip:port,…'),
  setting('discovery.dns.clusterDomain', '--cluster-domain', 'EVENKEEL_CLUSTER_DOMAIN', 'text', 'name'),
  setting('discovery.dns.minIntervalMs', '--dns-min-interval-ms', 'EVENKEEL_DNS_MIN_INTERVAL_MS', 'number', 'ms'),
  setting('discovery.dns.maxIntervalMs', '--dns-max-interval-ms', 'EVENKEEL_DNS_MAX_INTERVAL_MS', 'number', 'ms'),
  setting('discovery.dns.timeoutMs', '--dns-timeout-ms', 'EVENKEEL_DNS_TIMEOUT_MS', 'number', 'ms'),
  setting('discovery.dns.attempts', '--dns-attempts', 'EVENKEEL_DNS_ATTEMPTS', 'number', 'n'),
  setting('discovery.kubernetes.enabled', '--kubernetes', 'EVENKEEL_KUBERNETES', 'switch', ''),
  setting('discovery.kubernetes.kubeconfig', '--kubeconfig', 'EVENKEEL_KUBECONFIG', 'text', 'file'),
  setting('discovery.kubernetes.context', '--kube-context', 'EVENKEEL_KUBE_CONTEXT', 'text', 'name'),
  setting('discovery.kubernetes.namespaces', '--namespaces', 'EVENKEEL_NAMESPACES', 'list', 'name,…'),
  setting('discovery.kubernetes.labelSelector', '--label-selector', 'EVENKEEL_LABEL_SELECTOR', 'text', 'selector'),
  setting('discovery.kubernetes.events', '--kube-events', 'EVENKEEL_KUBE_EVENTS', 'switch', ''),
  setting('health.intervalMs', '--health-interval-ms', 'EVENKEEL_HEALTH_INTERVAL_MS', 'number', 'ms'),
  setting('health.timeoutMs', '--health-timeout-ms', 'EVENKEEL_HEALTH_TIMEOUT_MS', 'number', 'ms'),
  setting('health.rise', '--health-rise', 'EVENKEEL_HEALTH_RISE', 'number', 'n'),
  setting('health.fall', '--health-fall', 'EVENKEEL_HEALTH_FALL', 'number', 'n'),
  setting('health.jitter', '--health-jitter', 'EVENKEEL_HEALTH_JITTER', 'number', '0…1'),
  setting('load.reports', '--load-reports', 'EVENKEEL_LOAD_REPORTS', 'switch', ''),
  setting('load.podLocalities', '--load-pod-localities', 'EVENKEEL_LOAD_POD_LOCALITIES', 'switch', 'true|false'),
  setting('load.ejection', '--load-ejection', 'EVENKEEL_LOAD_EJECTION', 'switch', 'true|false'),
] as const;

/** The variable that names the configuration file, as `--config` does. */
export const configFileEnv = 'EVENKEEL_CONFIG';

/** The name under which commander gives the flag's value: `--xds-listen` is `xdsListen`. */
export function flagKey({ flag }: Pick<Setting, 'flag'>): string {
  return flag.slice(2).replace(/-([a-z])/g, (_match, letter: string) => letter.toUpperCase());
}

/** Text as the schema wants it; what is no number stays text, so that the schema says so. */
export function parseValue({ kind }: Pick<Setting, 'kind'>, text: string): unknown {
  if (kind === 'list') return text.split(',').map((part) => part.trim());
  if (kind === 'switch') return text === 'true' ? true : text === 'false' ? false : text;
  if (kind === 'number') return /^-?\d+(\.\d+)?$/.test(text.trim()) ? Number(text) : text;
  return text;
}

function setting<const Field extends string>(
  field: Field,
  flag: Setting['flag'],
  env: Setting['env'],
  kind: Setting['kind'],
  placeholder: string,
): Setting & { readonly field: Field } {
  return { field, flag, env, kind, placeholder };
}
