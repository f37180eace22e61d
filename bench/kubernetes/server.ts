// The control plane of `evenkeel serve --kubernetes`, with credentials from a file: as in a pod, no kubeconfig is read.
import { readFileSync } from 'node:fs';
import { createLogger } from '../../src/base/log.ts';
import { ControlPlane } from '../../src/controlplane/control-plane.ts';
import { KubernetesDiscovery } from '../../src/discovery/kubernetes/kubernetes-discovery.ts';
import type { ServerOrder } from './server-process.ts';

const { server, namespace, ca, cert, key, headers } = JSON.parse(readFileSync(process.argv[2]!, 'utf8')) as ServerOrder;
const access = { server, origin: 'bench', requestOptions: async () => ({ ca, cert, key, headers }) };
const controlPlane = new ControlPlane({
  sources: [{ name: 'kubernetes', discovery: new KubernetesDiscovery({ access, namespaces: [namespace] }) }],
  health: { intervalMs: 2_000, timeoutMs: 1_000, rise: 2, fall: 3, jitter: 0.1 },
  clusterDomain: 'cluster.local',
  version: 'bench',
  log: createLogger('bench', 'warn'),
});
const listening = await controlPlane.start({ host: '127.0.0.1', port: 0 });
console.log(JSON.stringify({ event: 'listening', port: listening.port }));
await controlPlane.whenReady;
console.log(JSON.stringify({ event: 'ready' }));
