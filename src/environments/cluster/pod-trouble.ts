import type { V1ContainerStatus, V1Pod } from '@kubernetes/client-node';
import { EvenkeelError } from '../../base/errors.ts';

/** Reasons for which a container that waits for its image will go on waiting. */
const imageReasons = ['ErrImageNeverPull', 'ImagePullBackOff', 'ErrImagePull', 'InvalidImageName'];

/** Reasons for which a container will not start, or not stay. */
const containerReasons = [
  'CrashLoopBackOff',
  'CreateContainerConfigError',
  'CreateContainerError',
  'RunContainerError',
];

/**
 * Why a pod will not become ready by waiting; undefined where it may. Pure.
 *
 * `ErrImagePull` is the first failure and `ImagePullBackOff` what follows: a registry that fails once is asked again by
 * the kubelet, but a proof is something that a person waits for.
 */
export function troubleOf(pod: V1Pod): EvenkeelError | undefined {
  const name = pod.metadata?.name ?? 'a pod';
  for (const status of pod.status?.containerStatuses ?? []) {
    const waiting = status.state?.waiting;
    if (waiting?.reason === undefined) continue;
    const said = waiting.message === undefined ? waiting.reason : `${waiting.reason}: ${waiting.message}`;
    if (imageReasons.includes(waiting.reason)) {
      return new EvenkeelError('EK_PROVE_IMAGE', `${name} cannot get the image ${status.image}: ${said}`, {
        field: '--image',
      });
    }
    if (containerReasons.includes(waiting.reason)) {
      return new EvenkeelError('EK_PROVE_POD', `${name} does not run: ${said}${lastWords(status)}`);
    }
  }
  return undefined;
}

function lastWords({ lastState }: V1ContainerStatus): string {
  const { exitCode, reason, message } = lastState?.terminated ?? {};
  if (exitCode === undefined) return '';
  return `; it ended with exit code ${exitCode}${reason === undefined ? '' : ` (${reason})`}${message === undefined ? '' : `: ${message.trim()}`}`;
}

/** Why a pod that is not ready is not, a few words; pure. */
export function waitingFor(pod: V1Pod): string {
  const name = pod.metadata?.name ?? 'a pod';
  const scheduled = pod.status?.conditions?.find(({ type }) => type === 'PodScheduled');
  if (scheduled?.status === 'False') return `${name} is on no node: ${scheduled.message ?? scheduled.reason}`;
  const waiting = pod.status?.containerStatuses?.find(({ state }) => state?.waiting !== undefined)?.state?.waiting;
  if (waiting !== undefined) return `${name} waits: ${waiting.message ?? waiting.reason}`;
  return `${name} runs and is not ready`;
}

export function isReady(pod: V1Pod): boolean {
  return (
    pod.metadata?.deletionTimestamp === undefined &&
    pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true
  );
}
