import { styleText } from 'node:util';
import { serviceNames } from '../../environments/backends.ts';
import { connect } from '../../environments/cluster/connect.ts';
import type { ManifestOptions } from '../../environments/cluster/manifests.ts';
import { newName } from '../../environments/cluster/namespace.ts';
import { parseProveOptions, type RawProveOptions } from '../../environments/cluster/options.ts';
import { measureInNamespace } from '../../environments/cluster/own-namespace.ts';
import { partNames, partsOf, xdsPort } from '../../environments/cluster/plan.ts';
import {
  createProgress,
  openTelling,
  parseProofOptions,
  parseTelling,
  type Report,
  tellReport,
} from '../../probe/index.ts';

/** Makes a namespace, measures in it, prints what was seen and deletes it again; the answer is the exit code. */
export async function proveInCluster(raw: RawProveOptions): Promise<number> {
  const proof = parseProofOptions(raw);
  const options = parseProveOptions(raw);
  const telling = parseTelling(raw as Readonly<Record<string, unknown>>);
  const files = await openTelling(telling, proof.report);
  const progress = createProgress(process.stderr);
  const { report: _report, json: _json, by: _by, ...plain } = proof;
  const namespace = newName(options.namespacePrefix);
  const manifests: ManifestOptions = {
    plan: {
      namespace,
      options: { ...plain, report: undefined, json: false, by: undefined },
      controlPlane: options.controlPlane,
      envoy: options.envoyImage !== undefined,
    },
    image: options.image,
    envoyImage: options.envoyImage,
    clusterDomain: options.clusterDomain,
    keep: options.keep,
  };

  progress.step('asking the cluster');
  const cluster = await connect(options.context).finally(() => progress.end());
  return measureInNamespace<Report>(cluster, manifests, progress, async (report, kept) => {
    const code = await tellReport(report, telling, files, proof);
    if (kept) console.error(`\n${whatStays(manifests)}`);
    return code;
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
