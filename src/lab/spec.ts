/** A container port; it documents, as in Kubernetes: nothing is bound or opened because of it. */
export interface ContainerPort {
  readonly name?: string | undefined;
  readonly port: number;
}

/** What is asked to learn whether a pod is well; exactly one of `http`, `grpc`, `tcp`. */
export interface ProbeSpec {
  /** GET; an answer from 200 to 399 is a success, redirects are not followed. */
  readonly http?: { readonly port: number; readonly path?: string | undefined } | undefined;
  /** grpc.health.v1.Health/Check; SERVING is a success. `service` is empty by default: the server as a whole. */
  readonly grpc?: { readonly port: number; readonly service?: string | undefined } | undefined;
  /** A connection that opens. */
  readonly tcp?: { readonly port: number } | undefined;
  /** From one probe to the next; default 1000 (Kubernetes: 10 000). */
  readonly periodMs?: number | undefined;
  /** The same, until the first success after a start; default 50, never more than `periodMs`. Kubernetes has no such thing. */
  readonly startupPeriodMs?: number | undefined;
  /** Default 1000. */
  readonly timeoutMs?: number | undefined;
  /** From the start of the process to the first probe; default 0. */
  readonly initialDelayMs?: number | undefined;
  /** Failures in a row that count; default 3. */
  readonly failureThreshold?: number | undefined;
  /**
   * Liveness only: how long a start may take. Until the first success, of this probe or the readiness probe, failures
   * count only after this long; default 30 000. It stands for Kubernetes' startup probe.
   */
  readonly startupMs?: number | undefined;
  /** Successes in a row that count; default 1. Liveness: always 1, as in Kubernetes. */
  readonly successThreshold?: number | undefined;
}

/** What a pod is made of. A change of any of it is a new revision. */
export interface PodTemplate {
  /** Program; default this Node. `$(VAR)` is expanded from the pod's environment, here, in `args` and in `env`. */
  readonly command?: string | undefined;
  readonly args?: readonly string[] | undefined;
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Laid over `{ app: DEPLOYMENT }`, which every pod has. */
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly ports?: readonly ContainerPort[] | undefined;
  /** The machine that its pods run on (Kubernetes' `nodeName`); default the one with the fewest of the deployment. */
  readonly kubeNode?: string | undefined;
  /** Without one a pod is ready as soon as its process runs. */
  readonly readiness?: ProbeSpec | undefined;
  readonly liveness?: ProbeSpec | undefined;
  /** From SIGTERM to SIGKILL; default 30 000. */
  readonly gracePeriodMs?: number | undefined;
  /** A sleep between "terminating" and SIGTERM (Kubernetes' preStop sleep), part of the grace period; default 0. */
  readonly preStopMs?: number | undefined;
}

/** Every pod has the name of its deployment as `app`. */
export function labelsOf(deployment: string, { labels }: PodTemplate): Readonly<Record<string, string>> {
  return { app: deployment, ...labels };
}

/** How a rollout replaces pods. A number of pods, or a share of the replicas as `25%`. */
export interface RollingUpdate {
  /** Pods above `replicas`; a share is rounded up; default `25%`. */
  readonly maxSurge?: number | `${number}%` | undefined;
  /** Pods below `replicas` that are not ready; a share is rounded down; default `25%`. */
  readonly maxUnavailable?: number | `${number}%` | undefined;
}

export interface DeploymentSpec {
  readonly name: string;
  /** Default `default`. */
  readonly namespace?: string | undefined;
  /** Default 1, at most 500. */
  readonly replicas?: number | undefined;
  readonly template: PodTemplate;
  readonly rollingUpdate?: RollingUpdate | undefined;
  /** A pod counts for a rollout once it was ready this long; default 0. */
  readonly minReadyMs?: number | undefined;
  /** Old revisions kept for `undo`; default 10. */
  readonly revisionHistoryLimit?: number | undefined;
}

export interface ServicePortSpec {
  /** Needed where a Service has several ports. */
  readonly name?: string | undefined;
  readonly port: number;
  /** The pods' port; default `port`. */
  readonly targetPort?: number | undefined;
  readonly appProtocol?: string | undefined;
}

export interface ServiceSpec {
  readonly name: string;
  /** Default `default`. */
  readonly namespace?: string | undefined;
  /** Labels that a pod must have, all of them; default `{ app: NAME }`. A list: the pods of these deployments. */
  readonly selector?: Readonly<Record<string, string>> | readonly string[] | undefined;
  readonly ports: readonly ServicePortSpec[];
  /** No ClusterIP and no proxy: DNS answers with the pods' addresses. Default false. */
  readonly headless?: boolean | undefined;
  /**
   * What connections to the ClusterIP are spread over: `pod`, as kube-proxy does; or `node`, any machine with a pod and
   * then any of its pods, as a load balancer does in front of `externalTrafficPolicy: Local`; pods then see the client's own
   * address, too. Default `pod`.
   */
  readonly spread?: 'pod' | 'node' | undefined;
  /** Only the pods of this machine, as its NodePort under `externalTrafficPolicy: Local`; without one there: a reset. */
  readonly kubeNode?: string | undefined;
  /** Passed on in the endpoint file: the control plane's active checks. */
  readonly healthCheck?: { readonly protocol: 'grpc' | 'tcp'; readonly grpcService?: string | undefined } | undefined;
}

/** A machine of the lab's imagination; pods are spread over them in turn. */
export interface KubeNode {
  readonly name: string;
  readonly zone: string;
  readonly region: string;
}

export const defaultNodes: readonly KubeNode[] = [
  { name: 'node-1', zone: 'zone-a', region: 'region-1' },
  { name: 'node-2', zone: 'zone-b', region: 'region-1' },
  { name: 'node-3', zone: 'zone-a', region: 'region-1' },
];
