import { type BootstrapOptions, clientBootstrap } from './client-bootstrap.ts';

/** Release and namespace as the chart's documentation has them: its Service with a cluster IP (docs/replicas.md). */
const serverInKubernetes = 'dns:///evenkeel-xds.evenkeel:18000';
/** The same with TLS. */
const tlsServerInKubernetes = 'dns:///evenkeel-xds.evenkeel:18443';

/** What a pod says of itself by the Downward API: variable, field. */
const ownFields = [
  ['POD_NAME', 'metadata.name'],
  ['POD_NAMESPACE', 'metadata.namespace'],
  ['NODE_NAME', 'spec.nodeName'],
] as const;

/**
 * What to paste into the manifest of a client's container: an `env` list in YAML. The bootstrap stands in
 * `GRPC_XDS_BOOTSTRAP_CONFIG` (gRFC A27), where Kubernetes itself fills in `$(POD_NAMESPACE)`, so that neither a ConfigMap
 * nor an init container is needed and one text serves all Deployments.
 *
 * The Downward API knows no zone; the control plane learns it from the endpoints on the same machine, hence `kubeNode`.
 *
 * @throws EvenkeelError `EK_USAGE`
 */
export function kubernetesBootstrap(options: BootstrapOptions): string {
  const server = options.server ?? (options.tls === undefined ? serverInKubernetes : tlsServerInKubernetes);
  const bootstrap = clientBootstrap(
    { ...options, server, kubeNode: '$(NODE_NAME)' },
    { POD_NAME: '$(POD_NAME)', POD_NAMESPACE: '$(POD_NAMESPACE)' },
  );
  return [
    '# Into the manifest of every gRPC client, under its container:',
    'env:',
    ...ownFields.map(([name, path]) => `  - { name: ${name}, valueFrom: { fieldRef: { fieldPath: ${path} } } }`),
    '  - name: GRPC_XDS_BOOTSTRAP_CONFIG',
    '    value: >-',
    ...sections(bootstrap).map((line) => `      ${line}`),
  ].join('\n');
}

/** JSON with one line for each top-level member; a folded YAML text makes one line of them again. */
function sections(bootstrap: object): string[] {
  const members = Object.entries(bootstrap).map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`);
  return members.map((member, index) => {
    const last = index === members.length - 1;
    return `${index === 0 ? '{' : ''}${member}${last ? '}' : ','}`;
  });
}
