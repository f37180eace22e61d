import { everySecond, podSpec } from '../../src/environments/cluster/pod-template.ts';
import { images } from './cluster.ts';
import { createNamespace, deleteNamespace } from './namespace.ts';
import { until } from './until.ts';

const name = 'canary';
const port = 8080;
const labels = { 'evenkeel.dev/canary': name };

/** Listens once every DNS server has told it of itself: any of them may be the last to know, hence so often in a row. */
const asksForItself = `
const { lookup } = require('node:dns');
const { createServer } = require('node:net');
let inARow = 0;
const ask = () => lookup('${name}', { all: true }, (error, found = []) => {
  inARow = found.some(({ address }) => address === process.env.POD_IP) ? inARow + 1 : 0;
  if (inARow < 30) setTimeout(ask, 50);
  else createServer((socket) => socket.destroy()).listen(${port});
});
ask();`;

/**
 * Resolves once a pod that is made now runs on every machine, and finds itself in DNS.
 *
 * Kubernetes' controllers, kubelets and DNS servers watch the API, and after an outage each waits before it tries again, longer
 * and longer: up to 60 s, and what failed meanwhile is itself tried again later and later. A test that comes after an outage is
 * not about that.
 *
 * @throws Error where that takes more than five minutes
 */
export async function kubernetesFollows(): Promise<void> {
  const { name: namespace, kubectl } = await createNamespace('ek-canary');
  try {
    const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [service(), daemonSet()] });
    await until('a Service and a DaemonSet can be made', () => kubectl(['apply', '-f', '-'], list));
    await kubectl(['rollout', 'status', `daemonset/${name}`, '--timeout=300s']);
  } finally {
    await deleteNamespace(namespace);
  }
}

function service(): object {
  const spec = { clusterIP: 'None', publishNotReadyAddresses: true, selector: labels, ports: [{ port }] };
  return { apiVersion: 'v1', kind: 'Service', metadata: { name }, spec };
}

function daemonSet(): object {
  const spec = podSpec(
    { image: images.evenkeel, pullPolicy: 'IfNotPresent' },
    {
      command: ['/nodejs/bin/node', '-e', asksForItself],
      args: [],
      readiness: { tcpSocket: { port }, ...everySecond },
    },
  );
  const template = { metadata: { labels }, spec };
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name },
    spec: { selector: { matchLabels: labels }, template },
  };
}
