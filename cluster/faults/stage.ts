import { isDeepStrictEqual } from 'node:util';
import { create, toBinary } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { clientBootstrap } from '../../src/bootstrap/client-bootstrap.ts';
import { podSpec } from '../../src/environments/cluster/pod-template.ts';
import { file_echo_echo } from '../../src/gen/echo/echo_pb.ts';
import { images } from '../support/cluster.ts';
import { backend, echoBackends, echoService, installControlPlane, nameLabel, service } from '../support/echo-stage.ts';
import { createNamespace, deleteNamespace, type Kubectl } from '../support/namespace.ts';
import { until } from '../support/until.ts';
import { LoadClient } from './load-client.ts';

export const target = `xds:///${service}`;
/** The same pods, of which the control plane asks for itself whether they live. */
const checkedService = 'be1-checked';
export const checkedTarget = `xds:///${checkedService}`;

/** The clients, by what starts them. */
const makers = [
  { name: 'go', command: ['go-client'] },
  { name: 'node', command: ['node', '/app/interop/node/client.ts'] },
] as const;
const keptAliveSuffix = '-keepalive';
const checkedSuffix = '-checked';
/** The shortest that grpc-go takes. */
const keepaliveMs = 10_000;

/** What faults are done to: a control plane from the chart, five backends, and a client of each kind. */
export interface Stage {
  readonly namespace: string;
  readonly kubectl: Kubectl;
  readonly clients: readonly LoadClient[];
  /** The same with a keepalive on their channels; they begin when they are told to. */
  readonly keptAlive: readonly LoadClient[];
  /** Without one, but for {@link checkedTarget}; they begin when they are told to. */
  readonly checked: readonly LoadClient[];
  /** Machine that the clients run on; faults of machines go to the other one. */
  readonly clientNode: string;
  readonly otherNode: string;
  readonly close: () => Promise<void>;
}

export async function setStage(): Promise<Stage> {
  const { name: namespace, kubectl } = await createNamespace('ek-faults');
  const close = () => deleteNamespace(namespace);
  try {
    const [clientNode, otherNode] = await workers(kubectl);
    const flags = (process.env.EVENKEEL_FAULTS_HELM ?? '').split(' ').filter(Boolean);
    await installControlPlane(namespace, [namespace], '--set-string', 'podLabels.evenkeel\\.dev/faults=true', ...flags);
    const objects = [
      ...echoBackends(namespace, 5, { 'evenkeel.dev/faults': 'true' }),
      // As the chart has it: every 2 s, 1 s to answer, out after three failures.
      echoService({ namespace, name: checkedService, annotations: { 'evenkeel.dev/grpcService': 'echo.EchoServer' } }),
      descriptors(),
      ...clientPods(namespace, clientNode),
    ];
    await kubectl(['apply', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }));
    await kubectl(['rollout', 'status', `deployment/${backend}`, '--timeout=180s']);
    const made = (suffix: string): LoadClient[] => makers.map(({ name }) => new LoadClient(namespace, name + suffix));
    const [clients, keptAlive, checked] = [made(''), made(keptAliveSuffix), made(checkedSuffix)];
    const pods = [...clients, ...keptAlive, ...checked].map(({ pod }) => `pod/${pod}`);
    await kubectl(['wait', '--for=condition=Ready', ...pods, '--timeout=120s']);
    return { namespace, kubectl, clients, keptAlive, checked, clientNode, otherNode, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Under which id the control plane knows a client. */
export function nodeIdOf(pod: string): string {
  return `faults-${pod}`;
}

/** Two machines that take pods. */
async function workers(kubectl: Kubectl): Promise<[string, string]> {
  const { items } = JSON.parse(await kubectl(['get', 'nodes', '-o', 'json'])) as {
    items: { metadata: { name: string }; spec: { unschedulable?: boolean; taints?: unknown[] } }[];
  };
  const free = items.filter(({ spec }) => spec.unschedulable !== true && spec.taints === undefined);
  const [first, second] = free.map(({ metadata }) => metadata.name);
  if (first === undefined || second === undefined)
    throw new Error(`two machines are needed, ${items.length} are there`);
  return [first, second];
}

/** When Kubernetes last took each machine for ready, or no longer for ready. */
export async function readySince(kubectl: Kubectl): Promise<string> {
  const each = '{.metadata.name} {.status.conditions[?(@.type=="Ready")].lastTransitionTime}, ';
  return kubectl(['get', 'nodes', '-o', `jsonpath={range .items[*]}${each}{end}`]);
}

/** Names of the backends that are ready. */
export async function readyPods(kubectl: Kubectl): Promise<string[]> {
  const printed = await kubectl(['get', 'pods', '-l', `${nameLabel}=${backend}`, '-o', 'json']);
  const { items } = JSON.parse(printed) as {
    items: {
      metadata: { name: string; deletionTimestamp?: string };
      status: { conditions?: { type: string; status: string }[] };
    }[];
  };
  return items
    .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
    .filter(({ status }) => status.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True'))
    .map(({ metadata }) => metadata.name);
}

/**
 * Resolves once so many backends are ready, there are no others, and the EndpointSlices say so.
 *
 * @throws Error where that takes more than five minutes: after an outage of the API server Kubernetes' own controller of
 *   EndpointSlices was seen to stand still for 140 s
 */
export async function settled(kubectl: Kubectl, replicas: number): Promise<void> {
  await kubectl(['rollout', 'status', `deployment/${backend}`, '--timeout=180s']);
  await until(
    `${replicas} pods of ${backend} and no others, in the EndpointSlices as well`,
    async () => {
      const printed = await kubectl(['get', 'pods', '-l', `${nameLabel}=${backend}`, '-o', 'name']);
      const there = printed.split('\n').filter((line) => line !== '').length;
      const [ready, told] = await Promise.all([readyPods(kubectl), readyEndpoints(kubectl)]);
      return { there, ready: ready.sort(), told: told.sort() };
    },
    ({ there, ready, told }) => there === replicas && ready.length === replicas && isDeepStrictEqual(ready, told),
    300_000,
  );
}

/** Names of the pods that the EndpointSlices have as ready. */
async function readyEndpoints(kubectl: Kubectl): Promise<string[]> {
  const printed = await kubectl(['get', 'endpointslices', '-l', `kubernetes.io/service-name=${service}`, '-o', 'json']);
  const { items } = JSON.parse(printed) as {
    items: { endpoints: { conditions: { ready: boolean }; targetRef: { name: string } }[] | null }[];
  };
  return items.flatMap(({ endpoints }) =>
    (endpoints ?? []).filter(({ conditions }) => conditions.ready).map(({ targetRef }) => targetRef.name),
  );
}

/** What the client in Go needs to know of the messages. */
function descriptors(): object {
  const set = create(FileDescriptorSetSchema, { file: [file_echo_echo.proto] });
  const bytes = Buffer.from(toBinary(FileDescriptorSetSchema, set));
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'echo' },
    binaryData: { 'echo.binpb': bytes.toString('base64') },
  };
}

function clientPods(namespace: string, node: string): object[] {
  const image = { image: images.clients!, pullPolicy: 'IfNotPresent' } as const;
  const pods = makers.flatMap(({ name, command }) =>
    ['', keptAliveSuffix, checkedSuffix].map((suffix) => ({ name: name + suffix, command, suffix })),
  );
  return pods.map(({ name, command, suffix }) => {
    const bootstrap = clientBootstrap({ server: 'dns:///evenkeel-xds:18000', namespace, nodeId: nodeIdOf(name) });
    const spec = podSpec(image, {
      command,
      args: [],
      env: {
        GRPC_XDS_BOOTSTRAP_CONFIG: JSON.stringify(bootstrap),
        INTEROP_ECHO_DESCRIPTORS: '/etc/echo/echo.binpb',
        ...(suffix === keptAliveSuffix && { INTEROP_KEEPALIVE_MS: String(keepaliveMs) }),
      },
      files: { path: '/etc/echo', configMap: 'echo' },
      // All of them have to fit on one machine of two processors, beside what a suite before has not taken away yet.
      cpu: suffix === '' ? '200m' : '80m',
      memory: '128Mi',
    });
    return {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace },
      spec: {
        ...spec,
        // Its standard input stays open when whoever attached to it has gone.
        containers: spec.containers.map((container) => ({ ...container, stdin: true, stdinOnce: false })),
        // Not by nodeName: a kubelet turns away for good what does not fit yet.
        nodeSelector: { 'kubernetes.io/hostname': node },
      },
    };
  });
}
