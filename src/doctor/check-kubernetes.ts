import { EvenkeelError, messageOf, toEvenkeelError } from '../base/errors.ts';
import { ApiClient } from '../discovery/kubernetes/api-client.ts';
import { findKubeAccess, type KubeAccessOptions } from '../discovery/kubernetes/kube-access.ts';
import { type Diagnosis, diagnosesOf } from './diagnosis.ts';
import { podDiagnoses } from './pod-diagnoses.ts';

const { fault, ok, skipped } = diagnosesOf('kubernetes');
const timeoutMs = 10_000;
/** Pods that are looked at; of more the rest is left out, and that is said. */
const maxPods = 5_000;
const pageSize = 500;

/** Looks at a cluster with the rights of whoever asks: reachable, rights, the installation, and what pods dial. */
export async function checkKubernetes(options: KubeAccessOptions): Promise<Diagnosis[]> {
  const signal = AbortSignal.timeout(timeoutMs);
  let client: ApiClient;
  try {
    client = new ApiClient(await findKubeAccess(options));
  } catch (thrown) {
    const error = toEvenkeelError(thrown);
    const isAbsent =
      error.code === 'EK_KUBE_CONFIG' && options.kubeconfig === undefined && options.context === undefined;
    return [isAbsent ? skipped(`No cluster was looked at: ${error.message}`) : fault(error.message, error.hint)];
  }
  const rights = await Promise.all(
    [
      ['/api/v1', '', 'services'],
      ['/apis/discovery.k8s.io/v1', 'discovery.k8s.io', 'endpointslices'],
    ].map(([path, group, resource]) => checkList(client, path!, group!, resource!, signal)),
  );
  return [...rights, ...(await checkPods(client, signal))];
}

async function checkList(
  client: ApiClient,
  path: string,
  group: string,
  resource: string,
  signal: AbortSignal,
): Promise<Diagnosis> {
  try {
    await client.json(`${path}/${resource}?limit=1`, { verb: 'list', resource, group }, signal);
    return ok(`${resource} of all namespaces may be listed`);
  } catch (thrown) {
    const error = toEvenkeelError(thrown);
    return fault(`${resource} of all namespaces may not be listed: ${error.message}`, error.hint);
  }
}

async function checkPods(client: ApiClient, signal: AbortSignal): Promise<Diagnosis[]> {
  const pods: unknown[] = [];
  let next = '';
  try {
    do {
      const more = next === '' ? '' : `&continue=${encodeURIComponent(next)}`;
      const page = await client.json(
        `/api/v1/pods?limit=${pageSize}${more}`,
        { verb: 'list', resource: 'pods', group: '' },
        signal,
      );
      const { items, metadata } = page as { items?: unknown; metadata?: { continue?: unknown } };
      if (!Array.isArray(items)) throw new EvenkeelError('EK_KUBE_ANSWER', 'the list of pods is no list');
      pods.push(...items);
      next = typeof metadata?.continue === 'string' ? metadata.continue : '';
    } while (next !== '' && pods.length < maxPods);
  } catch (thrown) {
    return [skipped(`Pods were not looked at: ${messageOf(thrown)}`, 'That needs the right to list pods.')];
  }
  const rest = next === '' ? [] : [skipped(`Only the first ${pods.length} pods were looked at`)];
  return [...podDiagnoses(pods), ...rest];
}
