/** Who makes calls, as far as its node says so: a workload in a zone. */
export interface Caller {
  readonly namespace: string;
  readonly workload: string;
  readonly zone: string;
}

/** What stands for what a client does not say. */
export const unknown = 'unknown';

/** What a node may be called here: names of Kubernetes and of clouds. Everything else is `unknown`: it becomes a label. */
const name = /^[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,251}[A-Za-z0-9])?$/;
/** `NAME-HASH-SUFFIX`, as a Deployment calls its pods: the letters are those that Kubernetes makes such names of. */
const deploymentPod = /^(.+)-[bcdfghjklmnpqrstvwxz2456789]{6,10}-[bcdfghjklmnpqrstvwxz2456789]{5}$/;
/** `NAME-0`, as a StatefulSet does. */
const statefulSetPod = /^(.+)-\d{1,5}$/;

/**
 * The caller that a node is. Pure.
 *
 * The workload is `metadata.workload`; without it, what the id is the name of a pod of. Only its form says so: a client that
 * is called otherwise is its own workload where `metadata.workload` is missing and the id is no pod's, so it is `unknown`.
 *
 * @param zoneOf - the zone of a Kubernetes node, for clients that say no zone
 */
export function callerOf(
  {
    id,
    metadata,
    locality,
  }: {
    readonly id: string;
    readonly metadata: Readonly<Record<string, unknown>>;
    readonly locality: { readonly zone: string };
  },
  zoneOf: (kubeNode: string) => string | undefined = () => undefined,
): Caller {
  const { namespace, workload, kubeNode } = metadata;
  const zone = locality.zone !== '' ? locality.zone : typeof kubeNode === 'string' ? zoneOf(kubeNode) : undefined;
  return { namespace: nameOr(namespace), workload: nameOr(workload ?? workloadOf(id)), zone: nameOr(zone) };
}

/** The workload that a pod of this name belongs to, as a Deployment or a StatefulSet names its pods. */
export function workloadOf(id: string): string | undefined {
  return (deploymentPod.exec(id) ?? statefulSetPod.exec(id))?.[1];
}

function nameOr(text: unknown): string {
  return typeof text === 'string' && name.test(text) ? text : unknown;
}

/** One text for each caller. */
export function callerKey({ namespace, workload, zone }: Caller): string {
  return `${namespace} ${workload} ${zone}`;
}
