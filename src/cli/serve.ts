import { type Command, Option } from 'commander';
import { formatAddress } from '../base/listen-address.ts';
import { flagKey, settings } from '../controlplane/config-settings.ts';

type ServeFlags = Readonly<Record<string, string | undefined>> & {
  readonly check?: true;
  readonly resolve?: true;
  readonly json?: true;
};

const helps: Readonly<Record<(typeof settings)[number]['field'], string>> = {
  'xds.listen': 'where gRPC clients connect without TLS (default: 127.0.0.1:18000)',
  'xds.plaintext': 'where clients may connect without TLS: loopback, anywhere or none (default: loopback)',
  'xds.clientStatus': 'who may ask the xDS port about its clients (CSDS): loopback or none (default: none)',
  'xds.tls.listen': 'where gRPC clients connect with TLS (default: 127.0.0.1:18443)',
  'xds.tls.cert': "the server's certificate, PEM; switches TLS on",
  'xds.tls.key': 'its private key, PEM',
  'xds.tls.ca': 'authorities of client certificates, PEM; clients then have to show one',
  'xds.maxConnectionAgeMs': 'age at which a client is asked to reconnect, 0: never (default: 1800000)',
  'xds.maxConnections': 'connections of clients at once (default: 20000)',
  'xds.memoryBytes': 'bytes that clients may make it hold (default: 40 % of the memory limit)',
  'xds.replicas.name': 'DNS name of all replicas; when one comes, clients spread over them (default: none)',
  'xds.replicas.perSecond': 'how many clients are asked to reconnect in a second then (default: 20)',
  'admin.listen': 'where /healthz, /readyz, /metrics and /config_dump are (default: 127.0.0.1:18001)',
  'admin.debug': 'who gets /config_dump: loopback or anywhere (default: loopback)',
  'discovery.file.path': 'endpoint file to serve and to watch',
  'discovery.dns.servers': 'DNS servers to ask (default: those of /etc/resolv.conf)',
  'discovery.dns.clusterDomain': 'what full names of Services end in (default: cluster.local)',
  'discovery.dns.minIntervalMs': 'shortest time between two queries for one name',
  'discovery.dns.maxIntervalMs': 'longest time between two queries for one name',
  'discovery.dns.timeoutMs': 'how long a DNS server may take',
  'discovery.dns.attempts': 'how often each DNS server is asked before a question fails',
  'discovery.kubernetes.enabled': 'serve the Services of a Kubernetes API server',
  'discovery.kubernetes.kubeconfig':
    "kubeconfig that names it (default: $KUBECONFIG, the pod's service account, ~/.kube/config)",
  'discovery.kubernetes.context': 'context of the kubeconfig (default: its current one)',
  'discovery.kubernetes.namespaces': 'namespaces whose Services are served (default: all)',
  'discovery.kubernetes.labelSelector': 'labels that a Service must have to be served (default: none)',
  'discovery.kubernetes.events': 'write Events about ejected pods and refused annotations',
  'health.intervalMs': 'time between two checks of one endpoint',
  'health.timeoutMs': 'how long a check may take',
  'health.rise': 'passed checks in a row that make an endpoint healthy again',
  'health.fall': 'failed checks in a row that make an endpoint unhealthy',
  'load.reports': 'ask clients what became of their calls, for /load and evenkeel top',
  'load.ejection': 'whether pods that fail for all who call them are left out (default: true)',
  'load.podLocalities': 'whether clients that can report by pod do so (default: true)',
  'health.jitter': 'share of the interval by which it varies',
};

export function registerServe(root: Command): void {
  const command = root
    .command('serve')
    .description('Run the control plane: tell gRPC clients where the endpoints of their Services are.')
    .option('--config <file>', 'evenkeel.yaml, or a svc_config.json as it is ($EVENKEEL_CONFIG)');
  for (const setting of settings) {
    command.addOption(
      new Option(
        setting.placeholder === '' ? setting.flag : `${setting.flag} <${setting.placeholder}>`,
        `${helps[setting.field]} ($${setting.env})`,
      ),
    );
  }
  command
    .option('--check', 'say whether configuration and endpoint file are good, and serve nothing')
    .option('--resolve', 'with --check: also ask DNS and Kubernetes whether what is configured exists')
    .option('--json', 'print one JSON object a line: {"event":"listening",…}, then {"event":"ready",…}')
    .addHelpText(
      'after',
      `
Examples:
  evenkeel serve --endpoints endpoints.yaml
  evenkeel serve --kubernetes --namespaces shop,web
  evenkeel serve --config svc_config.json --dns 10.96.0.10 --xds-listen 0.0.0.0:18000 --xds-plaintext anywhere
  evenkeel serve --endpoints endpoints.yaml --tls-listen 0.0.0.0:18443 --tls-cert tls.crt --tls-key tls.key --tls-ca ca.crt`,
    )
    .action((flags: ServeFlags) => (flags.check === true ? check(flags) : serve(flags, root.version() ?? '')));
}

async function serve(flags: ServeFlags, version: string): Promise<void> {
  // Asked for before anything is started, so that no signal is missed.
  const { leaveSoon, terminationSignal } = await import('../base/shutdown.ts');
  const { outliveReader } = await import('../base/output.ts');
  const terminated = terminationSignal();
  // Clients need it, whoever reads what it says.
  outliveReader();
  const { runControlPlane } = await import('../controlplane/run.ts');
  const { loadConfig } = await import('../controlplane/config.ts');
  const config = await loadConfig(configFlags(flags), process.env);
  const running = await runControlPlane(config, version, await labAround(process.env));

  const xds = running.xds && formatAddress(running.xds.host, running.xds.port);
  const tls = running.tls && formatAddress(running.tls.host, running.tls.port);
  const admin = formatAddress(running.admin.host, running.admin.port);
  if (flags.json) {
    console.log(JSON.stringify({ event: 'listening', xds, tls, admin }));
    void running.whenReady.then(() => console.log(JSON.stringify({ event: 'ready' })));
  } else {
    const where = [xds, tls && `${tls} (TLS)`].filter((address) => address !== undefined).join(' and ');
    console.log(`evenkeel serves xDS on ${where}; its page is http://${admin}/dashboard/`);
  }
  const signal = await terminated;
  // A person waits for the end of this; a kubelet waits until every client has gone.
  if (signal === 'SIGINT') leaveSoon();
  if (!flags.json) console.log(`${signal}: asking clients to go; a second one ends this at once`);
  await running.stop();
}

/** The lab that started this process, if one did. */
async function labAround({ EVENKEEL_LAB_FOLDER: folder, POD_NAME: pod }: NodeJS.ProcessEnv) {
  return folder === undefined ? undefined : (await import('./lab-controls.ts')).labControls(folder, pod);
}

async function check(flags: ServeFlags): Promise<void> {
  const { loadConfig } = await import('../controlplane/config.ts');
  const { checkSources } = await import('../controlplane/check-sources.ts');
  const config = await loadConfig(configFlags(flags), process.env);
  const counts = await checkSources(config, { resolve: flags.resolve === true });
  if (flags.json) console.log(JSON.stringify({ event: 'checked', services: counts }));
  else {
    const parts = Object.entries(counts).map(([source, services]) => `${services} by ${source}`);
    console.log(parts.length === 0 ? 'configuration is good' : `configuration is good; Services: ${parts.join(', ')}`);
  }
}

function configFlags({
  check: _check,
  resolve: _resolve,
  json: _json,
  ...flags
}: ServeFlags): Record<string, string | undefined> {
  const told = flags as Readonly<Record<string, string | true | undefined>>;
  return Object.fromEntries(
    ['config', ...settings.map(flagKey)].map((key) => [key, told[key] === true ? 'true' : told[key]]),
  );
}
