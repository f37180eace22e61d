import { AuthorizationV1Api } from '@kubernetes/client-node';
import { EvenkeelError } from '../../base/errors.ts';
import { apiError } from './api-error.ts';
import type { Cluster } from './connect.ts';
import { type Need, nameOf, needs } from './permissions.ts';

/**
 * Asks the API for every right that a proof needs (SelfSubjectAccessReview), before anything is made.
 *
 * @throws EvenkeelError `EK_KUBE_FORBIDDEN`, naming every verb and resource that is missing
 */
export async function checkPermissions({ config, server }: Cluster, namespace: string): Promise<void> {
  const api = config.makeApiClient(AuthorizationV1Api);
  const allowed = async ({ group, resource, verb, clusterWide }: Need): Promise<boolean> => {
    const [plural, subresource] = resource.split('/');
    const { status } = await api.createSelfSubjectAccessReview({
      body: {
        spec: {
          resourceAttributes: {
            ...{ group, verb, resource: plural, subresource },
            ...(!clusterWide && { namespace }),
          },
        },
      },
    });
    return status?.allowed === true;
  };
  const wanted = needs();
  const answers = await Promise.all(wanted.map(allowed)).catch((thrown: unknown) => {
    throw apiError(thrown, 'review our own access', server);
  });
  const missing = wanted.filter((_need, index) => !answers[index]);
  if (missing.length === 0) return;
  throw new EvenkeelError(
    'EK_KUBE_FORBIDDEN',
    `the user of context ${config.getCurrentContext()} may not ${missing.map(nameOf).join(', ')}`,
    { hint: 'A proof makes a namespace of its own; docs/prove.md lists the rights that it needs, and a ClusterRole.' },
  );
}
