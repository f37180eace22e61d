import { EvenkeelError } from '../base/errors.ts';
import type { LabControls } from '../controlplane/lab-routes.ts';
import type { LabAction, LabView } from '../feed/lab-view.ts';
import { labIn } from '../lab/control/client.ts';
import { selects } from '../lab/endpoints.ts';
import type { LabRequestName, LabRequests } from '../lab/index.ts';

/** A lab that is there answers at once, unless its machine is busy. */
const patienceMs = 30_000;

const signals: Readonly<Record<string, NodeJS.Signals>> = { kill: 'SIGKILL', freeze: 'SIGSTOP', thaw: 'SIGCONT' };

/**
 * What the page of a control plane in a lab can do to the pods behind the lab's Services; not to its own pod, which could not
 * undo it.
 *
 * @param folder - the lab's
 * @param ownPod - name of the pod that the control plane is
 */
export function labControls(folder: string, ownPod: string | undefined): LabControls {
  const lab = labIn(folder);
  const ask = <Name extends LabRequestName>(name: Name, what: LabRequests[Name]['ask']) =>
    lab.ask(name, what, AbortSignal.timeout(patienceMs));

  const view = async (): Promise<LabView> => {
    const { deployments, services, pods } = await ask('state', {});
    const own = pods.find(({ name }) => name === ownPod)?.deployment;
    const shown = deployments
      .filter(({ name }) => name !== own)
      .map(({ name, namespace, labels, replicas, ready, problem = '' }) => ({
        name,
        services: services
          .filter((service) => selects(service, { namespace, labels, deployment: name }))
          .map((service) => `${service.namespace}/${service.name}`),
        ...{ replicas, ready, problem },
      }))
      .filter(({ services }) => services.length > 0);
    const names = new Set(shown.map(({ name }) => name));
    return {
      deployments: shown,
      pods: pods.filter(({ deployment }) => names.has(deployment)).map(({ name, frozen }) => ({ name, frozen })),
    };
  };

  return {
    view,
    async act(action: LabAction) {
      const { name } = action;
      const isOfPod = action.do in signals;
      const { deployments, pods } = await view();
      if (!(isOfPod ? pods : deployments).some((one) => one.name === name)) {
        const what = isOfPod ? 'pod' : 'deployment';
        throw new EvenkeelError('EK_LAB_UNKNOWN_NAME', `there is no ${what} ${name} behind a Service of the lab`);
      }
      if (action.do === 'scale') await ask('scale', { name, replicas: action.replicas, wait: false });
      else if (action.do === 'roll')
        await ask('rollout', { name, env: {}, cause: 'asked for on the page', wait: false });
      else await ask('kill', { name, signal: signals[action.do]! });
    },
  };
}
