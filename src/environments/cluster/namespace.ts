import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { BatchV1Api, CoreV1Api, type V1Namespace } from '@kubernetes/client-node';
import { EvenkeelError } from '../../base/errors.ts';
import { apiError, statusOf } from './api-error.ts';
import type { Cluster } from './connect.ts';
import { proveLabel } from './manifests.ts';
import { patiently } from './patience.ts';
import { driverName } from './plan.ts';

export const defaultPrefix = 'evenkeel-prove';

const lookAgainMs = 500;
/** How long it is waited until a namespace is gone. */
const deletedWithinMs = 120_000;
/** A namespace so young may be one whose proof is just being made. */
const beginsWithinMs = 60_000;

/**
 * A name that no namespace has yet, in all likelihood.
 *
 * @throws EvenkeelError `EK_USAGE` where it could not be a namespace's name
 */
export function newName(prefix = defaultPrefix): string {
  if (!/^[a-z0-9]([-a-z0-9]{0,48}[a-z0-9])?$/.test(prefix)) {
    throw new EvenkeelError('EK_USAGE', `"${prefix}" cannot be the beginning of a namespace's name`, {
      field: '--namespace-prefix',
      hint: 'Write lower-case letters, digits and "-", at most 50, for example --namespace-prefix evenkeel-prove.',
    });
  }
  return `${prefix}-${randomBytes(4).toString('hex')}`;
}

export async function createNamespace({ config, server }: Cluster, name: string): Promise<void> {
  const body: V1Namespace = {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: {
      name,
      labels: {
        [proveLabel]: 'true',
        'app.kubernetes.io/managed-by': 'evenkeel',
        'pod-security.kubernetes.io/enforce': 'restricted',
      },
    },
  };
  await config
    .makeApiClient(CoreV1Api)
    .createNamespace({ body })
    .catch((thrown: unknown) => {
      throw apiError(thrown, `create namespace ${name}`, server);
    });
}

/**
 * Has a namespace deleted and all that is in it, which takes the cluster its time.
 *
 * @returns whether it is gone already
 */
export async function beginDeletion({ config, server }: Cluster, name: string): Promise<boolean> {
  try {
    await patiently(() => config.makeApiClient(CoreV1Api).deleteNamespace({ name }));
  } catch (thrown) {
    if (statusOf(thrown) === 404) return true;
    // 409: it is being deleted already.
    if (statusOf(thrown) !== 409) throw apiError(thrown, `delete namespace ${name}`, server);
  }
  return false;
}

/**
 * Deletes a namespace and all that is in it.
 *
 * @returns whether it is gone; false: it still is not after two minutes
 */
export async function deleteNamespace(cluster: Cluster, name: string): Promise<boolean> {
  if (await beginDeletion(cluster, name)) return true;
  const api = cluster.config.makeApiClient(CoreV1Api);
  const until = performance.now() + deletedWithinMs;
  while (performance.now() < until) {
    try {
      await patiently(() => api.readNamespace({ name }));
    } catch (thrown) {
      if (statusOf(thrown) === 404) return true;
      throw apiError(thrown, `delete namespace ${name}`, cluster.server);
    }
    await delay(lookAgainMs);
  }
  return false;
}

/** What `prove --clean` found of a proof. */
export interface Leftover {
  readonly namespace: string;
  /** Its calls are still being made, so somebody may be waiting for them. */
  readonly running: boolean;
}

/** Namespaces of proofs, by their label. */
export async function findLeftovers({ config, server }: Cluster): Promise<Leftover[]> {
  try {
    const { items } = await config.makeApiClient(CoreV1Api).listNamespace({ labelSelector: `${proveLabel}=true` });
    const jobs = config.makeApiClient(BatchV1Api);
    return await Promise.all(
      items
        .filter(({ metadata }) => metadata?.deletionTimestamp === undefined)
        .map(async ({ metadata }) => {
          const namespace = metadata!.name!;
          const job = await jobs.readNamespacedJob({ namespace, name: driverName }).catch((thrown: unknown) => {
            if (statusOf(thrown) === 404) return undefined;
            throw thrown;
          });
          const ageMs = Date.now() - metadata!.creationTimestamp!.getTime();
          return { namespace, running: job === undefined ? ageMs < beginsWithinMs : (job.status?.active ?? 0) > 0 };
        }),
    );
  } catch (thrown) {
    throw apiError(thrown, 'look for namespaces of proofs', server);
  }
}
