import type { V1Container, V1EnvVar, V1PodSpec, V1Probe, V1SecurityContext } from '@kubernetes/client-node';

/** Which image the pods are made of. */
export interface ImageChoice {
  readonly image: string;
  readonly pullPolicy: 'Always' | 'IfNotPresent' | 'Never';
}

/** A container that comes before the others and leaves something in a folder that they see. */
export interface Bringing {
  readonly image: string;
  readonly command: readonly string[];
  readonly path: string;
}

/** What differs between the containers of a proof. */
export interface ContainerParts {
  /** In place of the image's own entry point. */
  readonly command?: readonly string[] | undefined;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>> | undefined;
  readonly ports?: Readonly<Record<string, number>> | undefined;
  readonly readiness?: V1Probe | undefined;
  /** Path to the ConfigMap whose files lie there. */
  readonly files?: { readonly path: string; readonly configMap: string } | undefined;
  /** What another image puts into a folder before the container starts. */
  readonly brings?: Bringing | undefined;
  readonly serviceAccount?: string | undefined;
  /** What is asked for; on a machine with much to do a pod gets little more than that. Default 50m and 64Mi. */
  readonly cpu?: string | undefined;
  readonly memory?: string | undefined;
}

const field = (name: string, fieldPath: string): V1EnvVar => ({ name, valueFrom: { fieldRef: { fieldPath } } });

/** What a pod is told about itself, as the lab tells its pods (ARCHITECTURE.md, "Conventions between the parts"). */
const ownData = [
  field('POD_NAME', 'metadata.name'),
  field('POD_NAMESPACE', 'metadata.namespace'),
  field('POD_IP', 'status.podIP'),
  field('NODE_NAME', 'spec.nodeName'),
];

/** Longer than any of these pods needs; the shorter it is, the sooner is a namespace that is deleted gone. */
const graceSeconds = 10;

const confined: V1SecurityContext = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  readOnlyRootFilesystem: true,
};

function bringing({ image, command, path }: Bringing, imagePullPolicy: string): V1Container {
  return {
    ...{ name: 'bring', image, imagePullPolicy, command: [...command] },
    ...{ securityContext: confined, volumeMounts: [{ name: 'brought', mountPath: path }] },
    resources: { requests: { cpu: '50m', memory: '64Mi' } },
  };
}

/** A pod of one container that passes the Pod Security Standard "restricted". */
export function podSpec({ image, pullPolicy }: ImageChoice, parts: ContainerParts): V1PodSpec {
  const { command, args, env = {}, ports = {}, readiness, files, brings, serviceAccount } = parts;
  const { cpu = '50m', memory = '64Mi' } = parts;
  const volumes = [
    { name: 'tmp', emptyDir: {} },
    ...(files === undefined ? [] : [{ name: 'files', configMap: { name: files.configMap } }]),
    ...(brings === undefined ? [] : [{ name: 'brought', emptyDir: {} }]),
  ];
  const container: V1Container = {
    name: 'main',
    image,
    imagePullPolicy: pullPolicy,
    // What it says last is then in its status, for whoever may not read logs.
    terminationMessagePolicy: 'FallbackToLogsOnError',
    ...(command !== undefined && { command: [...command] }),
    args: [...args],
    env: [...ownData, ...Object.entries(env).map(([name, value]) => ({ name, value }))],
    ports: Object.entries(ports).map(([name, containerPort]) => ({ name, containerPort })),
    ...(readiness !== undefined && { readinessProbe: readiness }),
    resources: { requests: { cpu, memory } },
    securityContext: confined,
    volumeMounts: [
      { name: 'tmp', mountPath: '/tmp' },
      ...(files === undefined ? [] : [{ name: 'files', mountPath: files.path, readOnly: true }]),
      ...(brings === undefined ? [] : [{ name: 'brought', mountPath: brings.path, readOnly: true }]),
    ],
  };
  return {
    ...(serviceAccount === undefined
      ? { automountServiceAccountToken: false }
      : { serviceAccountName: serviceAccount }),
    // A Service named like a setting (EVENKEEL_PORT …) must not become one.
    enableServiceLinks: false,
    terminationGracePeriodSeconds: graceSeconds,
    securityContext: { runAsNonRoot: true, runAsUser: 65_532, seccompProfile: { type: 'RuntimeDefault' } },
    ...(brings !== undefined && { initContainers: [bringing(brings, pullPolicy)] }),
    containers: [container],
    volumes,
  };
}

/** Asked every second, so that readiness is known soon. */
export const everySecond = { periodSeconds: 1, timeoutSeconds: 2, failureThreshold: 3 } as const;
