import type { V1Pod } from '@kubernetes/client-node';
import { appLabel } from './plan.ts';
import { isReady } from './pod-trouble.ts';

/** What matters of a pod. */
export interface PodState {
  readonly name: string;
  /** Its Deployment. */
  readonly app: string;
  readonly ip: string;
  readonly kubeNode: string | undefined;
  readonly ready: boolean;
  /** It was told to end. */
  readonly terminating: boolean;
  /** Its process has ended. */
  readonly ended: boolean;
}

export type PodChange = 'ready' | 'terminating' | 'ended';

/** Undefined where the pod belongs to no Deployment of a proof. */
export function stateOf(pod: V1Pod): PodState | undefined {
  const name = pod.metadata?.name;
  const app = pod.metadata?.labels?.[appLabel];
  if (name === undefined || app === undefined) return undefined;
  const containers = pod.status?.containerStatuses ?? [];
  const exited = containers.length > 0 && containers.every(({ state }) => state?.terminated !== undefined);
  const terminating = pod.metadata?.deletionTimestamp !== undefined;
  return {
    name,
    app,
    ip: pod.status?.podIP ?? '',
    kubeNode: pod.spec?.nodeName,
    ready: isReady(pod),
    terminating,
    ended: terminating && exited,
  };
}

/** Of a pod that the API has no more. */
export function goneOf(before: PodState): PodState {
  return { ...before, ready: false, terminating: true, ended: true };
}

/** What has happened to a pod between two looks; pure. A pod that goes without notice has been told to end as well. */
export function changesOf(before: PodState | undefined, now: PodState): PodChange[] {
  return [
    ...(now.ready && before?.ready !== true ? (['ready'] as const) : []),
    ...(now.terminating && before?.terminating !== true ? (['terminating'] as const) : []),
    ...(now.ended && before?.ended !== true ? (['ended'] as const) : []),
  ];
}
