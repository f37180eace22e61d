import { EvenkeelError } from '../base/errors.ts';

const ofClusters = {
  ...{ context: '--context', namespacePrefix: '--namespace-prefix', image: '--image' },
  ...{ imagePullPolicy: '--image-pull-policy', envoyImage: '--envoy-image', goClientImage: '--go-client-image' },
  ...{ controlPlane: '--control-plane', clusterDomain: '--cluster-domain' },
} as const;

/**
 * A flag of a cluster would be without effect in a lab, which whoever gave it does not expect.
 *
 * @throws EvenkeelError `EK_USAGE`, naming the flag
 */
export function refuseClusterFlags(raw: Readonly<Record<string, unknown>>): void {
  if (raw.kubernetes === true) return;
  for (const [name, field] of Object.entries(ofClusters)) {
    if (raw[name] === undefined) continue;
    throw new EvenkeelError('EK_USAGE', `${field} means a cluster`, { field, hint: 'Add --kubernetes.' });
  }
}
