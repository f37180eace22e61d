import { EvenkeelError } from '../base/errors.ts';
import type { Deployment } from './deployment.ts';
import type { Pod } from './pod.ts';
import type { ProcessExit } from './records.ts';

/** A pod that ended this often before it was ever ready is not going to be. */
const hopelessRestarts = 2;

/** Whether a deployment is what it should be, terminating pods aside; with `count`, whether that many are ready. */
export function isReady(deployment: Deployment, count?: number): boolean {
  const { templateHash, replicas } = deployment.record();
  const alive = [...deployment.pods].filter((pod) => !pod.terminating);
  const fresh = alive.filter((pod) => pod.ready && pod.options.templateHash === templateHash);
  if (count !== undefined) return fresh.length >= count;
  return fresh.length === replicas && alive.length === replicas;
}

/** {@link isReady}, and nothing is on its way out any more. */
export function isSettled(deployment: Deployment): boolean {
  return isReady(deployment) && deployment.pods.size === deployment.replicas;
}

/** Why a deployment will not become ready; asked at the end (`final`), why it has not. */
export function explainUnready(deployment: Deployment, final: boolean): EvenkeelError | undefined {
  const { name, replicas, ready, problem, templateHash } = deployment.record();
  const unready = [...deployment.pods].filter((pod) => !pod.ready && !pod.terminating);
  const fresh = unready.filter((pod) => pod.options.templateHash === templateHash);
  const hopeless = fresh.find((pod) => pod.readyAt === undefined && pod.record().restarts >= hopelessRestarts);
  if (hopeless !== undefined) {
    return notReady(`pod ${hopeless.name} keeps ending (${exitOf(hopeless)}) before it is ready`, hopeless);
  }
  if (deployment.closed) return notReady(`the deployment ${name} was deleted`);
  if (problem !== undefined) return notReady(`the deployment ${name} cannot make its pods: ${problem}`);
  if (!final) return undefined;
  return notReady(`the deployment ${name} has ${ready} of ${replicas} pods ready`, unready[0]);
}

function notReady(message: string, pod?: Pod): EvenkeelError {
  const said = pod?.output.lastLines(10) ?? [];
  if (pod === undefined) return new EvenkeelError('EK_LAB_NOT_READY', message);
  const hint =
    said.length === 0
      ? `Pod ${pod.name} wrote nothing.`
      : [`The last lines of pod ${pod.name}:`, ...said].join('\n    ');
  return new EvenkeelError('EK_LAB_NOT_READY', message, { hint });
}

function exitOf(pod: Pod): string {
  const exit: ProcessExit | undefined = pod.record().lastExit;
  return exit?.signal ?? `exit code ${exit?.code}`;
}
