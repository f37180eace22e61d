import { styleText } from 'node:util';
import { toEvenkeelError } from '../../base/errors.ts';
import { terminationSignal } from '../../base/shutdown.ts';
import {
  createProgress,
  openTelling,
  type Progress,
  parseProofOptions,
  parseTelling,
  tellReport,
} from '../../probe/index.ts';
import { checkPermissions } from './check-permissions.ts';
import { type Cluster, connect } from './connect.ts';
import type { ManifestOptions } from './manifests.ts';
import { createNamespace, deleteNamespace, newName } from './namespace.ts';
import { noteLeftovers } from './note-leftovers.ts';
import { parseProveOptions, type RawProveOptions } from './options.ts';
import { partNames, partsOf, serviceNames, xdsPort } from './plan.ts';
import { RunInCluster } from './run-in-cluster.ts';

/** How long it is waited until a namespace is gone. */
const deletedWithinMs = 120_000;

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
  await checkPermissions(cluster, namespace);
  await noteLeftovers(cluster, progress);
  const early = new AbortController();
  void terminationSignal().then(() => {
    progress.note(`ending; should this be killed as well: evenkeel prove --clean`);
    early.abort();
  });
  progress.step(`making namespace ${namespace} in context ${cluster.context} (Kubernetes ${cluster.version})`);
  let kept = options.keep;
  try {
    await createNamespace(cluster, namespace);
    const report = await new RunInCluster(cluster, manifests, progress).run(early.signal);
    progress.end();
    if (early.signal.aborted) kept = false;
    if (report === undefined) {
      progress.note('the run was ended before anything was measured');
      return 3;
    }
    const code = await tellReport(report, telling, files, proof);
    if (kept) console.error(`\n${whatStays(manifests)}`);
    return code;
  } finally {
    progress.end();
    if (!kept) await cleanUp(cluster, namespace, progress);
  }
}

/** Deletes the namespace; what was measured counts even where that fails. */
async function cleanUp(cluster: Cluster, namespace: string, progress: Progress): Promise<void> {
  progress.step(`deleting namespace ${namespace}`);
  try {
    const gone = await deleteNamespace(cluster, namespace, deletedWithinMs);
    progress.end();
    if (!gone) progress.note(`namespace ${namespace} is still being deleted`);
  } catch (thrown) {
    const { message } = toEvenkeelError(thrown);
    progress.note(`namespace ${namespace} could not be deleted: ${message}. Later: evenkeel prove --clean`);
  }
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
