import { toEvenkeelError } from '../../base/errors.ts';
import { terminationSignal } from '../../base/shutdown.ts';
import type { Progress } from '../../probe/index.ts';
import { checkPermissions } from './check-permissions.ts';
import type { Cluster } from './connect.ts';
import type { ManifestOptions } from './manifests.ts';
import { createNamespace, deleteNamespace } from './namespace.ts';
import { noteLeftovers } from './note-leftovers.ts';
import { RunInCluster } from './run-in-cluster.ts';

/**
 * Makes a plan's namespace, measures in it and deletes it again; before, it looks at rights, and says what earlier runs have left.
 *
 * @param tell - takes the report; its answer is the exit code
 * @returns the exit code; 3 where the run was ended before there was a report
 */
export async function measureInNamespace<Report>(
  cluster: Cluster,
  manifests: ManifestOptions,
  progress: Progress,
  tell: (report: Report, kept: boolean) => Promise<number>,
): Promise<number> {
  const { namespace } = manifests.plan;
  await checkPermissions(cluster, namespace);
  await noteLeftovers(cluster, progress);
  const early = new AbortController();
  void terminationSignal().then(() => {
    progress.note('ending; should this be killed as well: evenkeel prove --clean');
    early.abort();
  });
  progress.step(`making namespace ${namespace} in context ${cluster.context} (Kubernetes ${cluster.version})`);
  let kept = manifests.keep;
  try {
    await createNamespace(cluster, namespace);
    const report = await new RunInCluster<Report>(cluster, manifests, progress).run(early.signal);
    progress.end();
    if (early.signal.aborted) kept = false;
    if (report === undefined) {
      progress.note('the run was ended before anything was measured');
      return 3;
    }
    return await tell(report, kept);
  } finally {
    progress.end();
    if (!kept) await cleanUp(cluster, namespace, progress);
  }
}

/** Deletes the namespace; what was measured counts even where that fails. */
async function cleanUp(cluster: Cluster, namespace: string, progress: Progress): Promise<void> {
  progress.step(`deleting namespace ${namespace}`);
  try {
    const gone = await deleteNamespace(cluster, namespace);
    progress.end();
    if (!gone) progress.note(`namespace ${namespace} is still being deleted`);
  } catch (thrown) {
    const { message } = toEvenkeelError(thrown);
    progress.note(`namespace ${namespace} could not be deleted: ${message}. Later: evenkeel prove --clean`);
  }
}
