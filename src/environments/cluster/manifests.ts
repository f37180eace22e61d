import type {
  KubernetesObject,
  V1ConfigMap,
  V1Deployment,
  V1Job,
  V1OwnerReference,
  V1PodSpec,
  V1Role,
  V1RoleBinding,
  V1Service,
  V1ServiceAccount,
} from '@kubernetes/client-node';
import { envoyBootstrap } from '../../bootstrap/envoy-bootstrap.ts';
import {
  type BackendName,
  backendAdminPort,
  backendNames,
  backendsOf,
  grpcPort,
  httpPort,
  serviceNames,
} from '../backends.ts';
import { driverRules, type Rule, readerRules } from './permissions.ts';
import {
  adminPort,
  appLabel,
  driverName,
  envoyAdminPort,
  envoyPort,
  type PartName,
  type Plan,
  partNames,
  partsOf,
  planEnv,
  xdsPort,
} from './plan.ts';
import { type Bringing, everySecond, type ImageChoice, podSpec } from './pod-template.ts';
import { shortened } from './shortened.ts';

/** Everything that a proof is made of. */
export interface ManifestOptions {
  readonly plan: Plan;
  readonly image: ImageChoice;
  /** An Envoy's image, where the plan has one. */
  readonly envoyImage?: string | undefined;
  /** An image that has the grpc-go client of experiments as {@link goClientInImage}. */
  readonly goClientImage?: string | undefined;
  readonly clusterDomain: string;
  /** Leave everything as it is after the run. */
  readonly keep: boolean;
}

/** Label of everything that belongs to a proof, its namespace included; `prove --clean` looks for it. */
export const proveLabel = 'evenkeel.dev/prove';

/** Where an image has the grpc-go client; it is copied from there into the pod that makes the calls. */
const goClientInImage = '/usr/local/bin/go-caller';
const goClientFolder = '/opt/go-client';

const readerAccount = 'evenkeel';
const configPath = '/etc/evenkeel';
/** The longest that a run may take; whatever becomes of the program that started it, its pods are gone then. */
const longestRunSeconds = 3600;
/** Time to read the log of a run that has ended. */
const readableSeconds = 300;

/** What must be there before the Job: accounts, their rights, configuration. None of it runs. */
export function groundwork(options: ManifestOptions): KubernetesObject[] {
  const { plan } = options;
  const parts = partsOf(plan);
  return [
    ...account(plan, driverName, driverRules),
    ...account(plan, readerAccount, readerRules),
    ...parts.flatMap((part) => {
      const config = configOf(part, options);
      return config === undefined ? [] : [configMap(plan, part, { 'evenkeel.yaml': JSON.stringify(config, null, 2) })];
    }),
  ];
}

/**
 * The Job whose pod makes the calls. Everything that runs belongs to it, so that the cluster's own garbage collector ends
 * all of it even where whoever started the proof was killed.
 */
export function driverJob({ plan, image, goClientImage, keep }: ManifestOptions): V1Job {
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: meta(plan, driverName),
    spec: {
      backoffLimit: 0,
      activeDeadlineSeconds: longestRunSeconds,
      ...(!keep && { ttlSecondsAfterFinished: readableSeconds }),
      template: {
        metadata: { labels: labels(driverName) },
        spec: {
          ...podSpec(image, {
            args: ['prove', '--in-pod'],
            env: {
              [planEnv]: JSON.stringify(plan),
              ...(goClientImage !== undefined && { EVENKEEL_GO_CLIENT: `${goClientFolder}/caller` }),
            },
            ...(goClientImage !== undefined && { brings: bringGoClient(goClientImage) }),
            serviceAccount: driverName,
            cpu: '500m',
            memory: '512Mi',
          }),
          restartPolicy: 'Never',
        },
      },
    },
  };
}

/** The image need have nothing else, no shell and no cp: the client copies itself. */
function bringGoClient(image: string): Bringing {
  const command = [goClientInImage, '--copy-to', `${goClientFolder}/caller`];
  return { image, command, path: goClientFolder };
}

/** What runs: Services, backends, control planes, the proxy. */
export function running(options: ManifestOptions, owner: V1OwnerReference): KubernetesObject[] {
  const { plan } = options;
  const objects = [
    ...services(plan),
    ...backendsOf(plan.options.schemes).map((name) => backend(name, options)),
    ...partsOf(plan).flatMap((name) => part(name, options)),
  ];
  return objects.map((object) => ({ ...object, metadata: { ...object.metadata, ownerReferences: [owner] } }));
}

function labels(name: string): Record<string, string> {
  return { [appLabel]: name, [proveLabel]: 'true' };
}

function meta({ namespace }: Plan, name: string) {
  return { name, namespace, labels: labels(name) };
}

function account(plan: Plan, name: string, rules: readonly Rule[]): [V1ServiceAccount, V1Role, V1RoleBinding] {
  const metadata = meta(plan, name);
  const apiGroup = 'rbac.authorization.k8s.io';
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata },
    {
      apiVersion: `${apiGroup}/v1`,
      kind: 'Role',
      metadata,
      rules: rules.map(({ group, resource, verbs }) => ({
        apiGroups: [group],
        resources: [resource],
        verbs: [...verbs],
      })),
    },
    {
      apiVersion: `${apiGroup}/v1`,
      kind: 'RoleBinding',
      metadata,
      roleRef: { apiGroup, kind: 'Role', name },
      subjects: [{ kind: 'ServiceAccount', name, namespace: plan.namespace }],
    },
  ];
}

function configMap(plan: Plan, name: string, data: Record<string, string>): V1ConfigMap {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: meta(plan, name), data };
}

function service(plan: Plan, name: string, app: string, port: object, headless = false): V1Service {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: meta(plan, name),
    spec: {
      selector: { [appLabel]: app },
      ports: [port as { port: number }],
      ...(headless && { clusterIP: 'None' }),
    },
  };
}

function services(plan: Plan): V1Service[] {
  const grpc = { name: 'grpc', port: grpcPort, targetPort: grpcPort, appProtocol: 'grpc' };
  const http = { name: 'http', port: 80, targetPort: httpPort };
  const { headless, aged, clusterIp } = serviceNames;
  const all = [
    service(plan, headless, backendNames.grpc, grpc, true),
    service(plan, clusterIp, backendNames.grpc, grpc),
    service(plan, aged, backendNames.aged, grpc, true),
    service(plan, serviceNames.http, backendNames.http, http),
  ];
  const wanted: readonly string[] = backendsOf(plan.options.schemes);
  return all.filter(({ spec }) => wanted.includes(spec!.selector![appLabel]!));
}

function deployment(plan: Plan, name: string, replicas: number, spec: V1PodSpec): V1Deployment {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: meta(plan, name),
    spec: {
      replicas,
      selector: { matchLabels: { [appLabel]: name } },
      // No pod is taken away before there is another one.
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
      template: { metadata: { labels: labels(name) }, spec },
    },
  };
}

function backend(name: BackendName, { plan, image }: ManifestOptions): V1Deployment {
  const common = { env: { EVENKEEL_DRAIN_MS: String(shortened.drain.valueMs), EVENKEEL_GRACE_MS: '5000' } };
  const { replicas } = plan.options;
  if (name === backendNames.http) {
    const readiness = { httpGet: { path: '/readyz', port: backendAdminPort }, ...everySecond };
    const args = ['workload', 'hellohttp'];
    return deployment(plan, name, replicas, podSpec(image, { ...common, args, ports: { http: httpPort }, readiness }));
  }
  const readiness = { grpc: { port: grpcPort, service: 'echo.EchoServer' }, ...everySecond };
  const age = name === backendNames.aged ? ['--max-connection-age-ms', String(shortened.maxConnectionAge.valueMs)] : [];
  const args = ['workload', 'be1-srv', ...age];
  return deployment(plan, name, replicas, podSpec(image, { ...common, args, ports: { grpc: grpcPort }, readiness }));
}

/** `evenkeel.yaml` of a control plane. */
function configOf(part: PartName, { plan, clusterDomain }: ManifestOptions): object | undefined {
  const { namespace } = plan;
  const head = {
    apiVersion: 'evenkeel.dev/v1',
    kind: 'Config',
    xds: { listen: `0.0.0.0:${xdsPort}` },
    admin: { listen: `0.0.0.0:${adminPort}` },
  };
  if (part === partNames.pushed) {
    const gateway = {
      name: partNames.envoy,
      listen: `0.0.0.0:${envoyPort}`,
      services: [`${namespace}/${serviceNames.headless}:${grpcPort}`],
    };
    const discovery = { kubernetes: { enabled: true, namespaces: [namespace] } };
    return { ...head, discovery, ...(partsOf(plan).includes(partNames.envoy) && { gateways: [gateway] }) };
  }
  if (part === partNames.polled) {
    const { valueMs } = shortened.controlPlaneDns;
    return {
      ...head,
      discovery: { dns: { clusterDomain, minIntervalMs: valueMs / 2, maxIntervalMs: valueMs } },
      services: [
        {
          name: serviceNames.headless,
          namespace,
          portName: 'grpc',
          protocol: 'tcp',
          grpcService: 'echo.EchoServer',
        },
      ],
    };
  }
  return undefined;
}

function part(name: PartName, options: ManifestOptions): KubernetesObject[] {
  const { plan, image, envoyImage } = options;
  if (name === partNames.envoy) {
    const spec = envoyPod({ image: envoyImage!, pullPolicy: image.pullPolicy });
    return [
      service(plan, name, name, { name: 'grpc', port: envoyPort, appProtocol: 'grpc' }),
      deployment(plan, name, 1, spec),
    ];
  }
  const spec = podSpec(image, {
    args: ['serve', '--config', `${configPath}/evenkeel.yaml`],
    // Clients of a proof send and get nothing that is secret; it takes no certificate for that.
    env: { EVENKEEL_XDS_PLAINTEXT: 'anywhere' },
    ports: { xds: xdsPort, admin: adminPort },
    readiness: { httpGet: { path: '/readyz', port: adminPort }, ...everySecond },
    files: { path: configPath, configMap: name },
    ...(name === partNames.pushed && { serviceAccount: readerAccount }),
    cpu: '100m',
    memory: '128Mi',
  });
  return [
    service(plan, name, name, { name: 'xds', port: xdsPort, appProtocol: 'grpc' }),
    deployment(plan, name, 1, spec),
  ];
}

function envoyPod(image: ImageChoice): V1PodSpec {
  const bootstrap = envoyBootstrap({
    gateway: partNames.envoy,
    server: `${partNames.pushed}:${xdsPort}`,
    nodeId: '$(POD_NAME)',
    adminHost: '$(POD_IP)',
    adminPort: envoyAdminPort,
  });
  return podSpec(image, {
    command: ['envoy'],
    args: [
      ...['--config-yaml', JSON.stringify(bootstrap)],
      // One worker: each has a round robin of its own, and with few callers that would show.
      ...['--concurrency', '1', '--disable-hot-restart', '--log-level', 'warn'],
    ],
    ports: { grpc: envoyPort },
    readiness: { httpGet: { path: '/ready', port: envoyAdminPort }, ...everySecond },
    cpu: '100m',
    memory: '128Mi',
  });
}
