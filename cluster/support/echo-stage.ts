import { everySecond, podSpec } from '../../src/environments/cluster/pod-template.ts';
import { images, partsOf } from './cluster.ts';
import { run } from './run.ts';

/** Backends that answer `echo.EchoServer`: name of the Deployment. */
export const backend = 'be1';
/** The headless Service in front of them. */
export const service = 'be1-srv';
const port = 50_051;

/** Label that tells the pods of the backends from others. */
export const nameLabel = 'app.kubernetes.io/name';
const selector = { [nameLabel]: backend };

/**
 * Installs the chart as it is; resolves once every copy is ready.
 *
 * @param served - namespaces whose Services it serves; none: all
 */
export async function installControlPlane(
  namespace: string,
  served: readonly string[],
  ...options: readonly string[]
): Promise<void> {
  const { repository, tag } = partsOf(images.evenkeel);
  await run('helm', [
    ...['install', 'evenkeel', 'deploy/chart/evenkeel', '--namespace', namespace, '--wait', '--timeout', '3m'],
    ...['--set', `image.repository=${repository}`, '--set-string', `image.tag=${tag}`],
    ...['--set-json', `kubernetes.namespaces=${JSON.stringify(served)}`],
    ...options,
  ]);
}

/** A headless Service in front of the backends. */
export function echoService(metadata: {
  readonly namespace: string;
  readonly name: string;
  readonly annotations?: object;
}): object {
  const spec = { clusterIP: 'None', selector, ports: [{ name: 'grpc', port, appProtocol: 'grpc' }] };
  return { apiVersion: 'v1', kind: 'Service', metadata, spec };
}

/** A headless Service and its pods, spread over the machines; no pod is taken away before there is another one. */
export function echoBackends(
  namespace: string,
  replicas: number,
  labels: Readonly<Record<string, string>> = {},
): object[] {
  const spec = podSpec(
    { image: images.evenkeel, pullPolicy: 'IfNotPresent' },
    {
      args: ['workload', service],
      cpu: '80m',
      ports: { grpc: port },
      readiness: { grpc: { port, service: 'echo.EchoServer' }, ...everySecond },
    },
  );
  const spread = {
    maxSkew: 1,
    topologyKey: 'kubernetes.io/hostname',
    whenUnsatisfiable: 'ScheduleAnyway',
    labelSelector: { matchLabels: selector },
  };
  return [
    echoService({ name: service, namespace }),
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: backend, namespace },
      spec: {
        replicas,
        selector: { matchLabels: selector },
        strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
        template: {
          metadata: { labels: { ...selector, ...labels } },
          spec: { ...spec, topologySpreadConstraints: [spread] },
        },
      },
    },
  ];
}
