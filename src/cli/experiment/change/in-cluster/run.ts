import { toEvenkeelError } from '../../../../base/errors.ts';
import { terminationSignal } from '../../../../base/shutdown.ts';
import { changePage } from '../../../../probe/experiment/change/page.ts';
import { printChange } from '../../../../probe/experiment/change/print.ts';
import { type ChangeKind, type ChangeReport, exitCodeOf } from '../../../../probe/experiment/change/report.ts';
import { createProgress, type Progress } from '../../../../probe/index.ts';
import { checkPermissions } from '../../../prove/check-permissions.ts';
import { type Cluster, connect } from '../../../prove/connect.ts';
import type { ManifestOptions } from '../../../prove/manifests.ts';
import { createNamespace, deleteNamespace, newName } from '../../../prove/namespace.ts';
import { parseProveOptions, type RawProveOptions } from '../../../prove/options.ts';
import { RunInCluster } from '../../../prove/run-in-cluster.ts';
import type { ChangeOptions } from '../../change.ts';
import { type ExperimentOutput, openResults } from '../../output.ts';
import { ends } from '../measure-all.ts';

export const namespacePrefix = 'evenkeel-experiment';

/** How long it is waited until a namespace is gone. */
const deletedWithinMs = 120_000;

export interface RawClusterOptions extends RawProveOptions {
  readonly goClientImage?: string | undefined;
}

/** Changes the pods of a namespace of its own in a cluster under constant calls; the answer is the exit code. */
export async function measureInCluster(
  kind: ChangeKind,
  options: ChangeOptions,
  raw: RawClusterOptions,
  output: ExperimentOutput,
): Promise<number> {
  const where = parseProveOptions(raw);
  const namespace = newName(where.namespacePrefix ?? namespacePrefix);
  const manifests = manifestsOf(namespace, kind, options, where, raw.goClientImage);
  const results = await openResults(output);
  const progress = createProgress(process.stderr);
  progress.step('asking the cluster');
  const cluster = await connect(where.context).finally(() => progress.end());
  await checkPermissions(cluster, namespace);
  const early = new AbortController();
  void terminationSignal().then(() => {
    progress.note('ending; should this be killed as well: evenkeel prove --clean');
    early.abort();
  });
  progress.step(`making namespace ${namespace} in context ${cluster.context} (Kubernetes ${cluster.version})`);
  try {
    await createNamespace(cluster, namespace);
    const report = await new RunInCluster<ChangeReport>(cluster, manifests, progress).run(early.signal);
    progress.end();
    if (report === undefined) {
      progress.note('the run was ended before anything was measured');
      return 3;
    }
    await results.tell(report, printChange, changePage);
    return exitCodeOf(report);
  } finally {
    progress.end();
    await cleanUp(cluster, namespace, progress);
  }
}

function manifestsOf(
  namespace: string,
  kind: ChangeKind,
  options: ChangeOptions,
  { image, envoyImage, controlPlane, clusterDomain }: ReturnType<typeof parseProveOptions>,
  goClientImage: string | undefined,
): ManifestOptions {
  // As many pods as there are before the change.
  const proof = { ...options.proof, replicas: ends(kind, options)[0] };
  return {
    plan: { namespace, options: proof, controlPlane, envoy: envoyImage !== undefined, experiment: { kind, options } },
    ...{ image, envoyImage, goClientImage, clusterDomain, keep: false },
  };
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
