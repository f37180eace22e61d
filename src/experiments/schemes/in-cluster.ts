import { styleText } from 'node:util';
import { serviceNames } from '../../environments/backends.ts';
import type { ManifestOptions } from '../../environments/cluster/manifests.ts';
import { defaultPrefix } from '../../environments/cluster/namespace.ts';
import type { RawProveOptions } from '../../environments/cluster/options.ts';
import { partNames, partsOf, xdsPort } from '../../environments/cluster/plan.ts';
import { parseOutput, parseProofOptions, parseShow, type Report } from '../../probe/index.ts';
import { runInCluster } from '../run-in-cluster.ts';

/** Makes a namespace, measures every scheme in it, prints what was seen and deletes it again; the answer is the exit code. */
export async function proveInCluster(raw: RawProveOptions & Readonly<Record<string, unknown>>): Promise<number> {
  return runInCluster<Report>({
    ...{ proof: parseProofOptions(raw), raw, namespacePrefix: defaultPrefix },
    ...{ output: parseOutput(raw), shown: parseShow(raw), kept: whatStays },
  });
}

/** What a person can do with a proof that was kept. */
function whatStays({ plan }: ManifestOptions): string {
  const { namespace } = plan;
  const pushed = partsOf(plan).includes(partNames.pushed);
  return [
    styleText('bold', `namespace ${namespace} stays; evenkeel prove --clean deletes it`),
    `  pods                          kubectl -n ${namespace} get pods -o wide`,
    `  gRPC through the ClusterIP    kubectl -n ${namespace} port-forward svc/${serviceNames.clusterIp} 50051`,
    ...(pushed
      ? [
          `  control plane                 kubectl -n ${namespace} port-forward deploy/${partNames.pushed} 18001`,
          `  bootstrap for xds:/// clients evenkeel bootstrap --server ${partNames.pushed}.${namespace}:${xdsPort}`,
        ]
      : []),
  ].join('\n');
}
