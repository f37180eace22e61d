import { toEvenkeelError } from '../../base/errors.ts';
import { unlessAborted } from '../../base/shutdown.ts';
import type { Progress } from '../../probe/index.ts';
import { checkPermissions } from './check-permissions.ts';
import type { Cluster } from './connect.ts';
import type { ManifestOptions } from './manifests.ts';
import { beginDeletion, createNamespace, deleteNamespace } from './namespace.ts';
import { noteLeftovers } from './note-leftovers.ts';
import { RunInCluster } from './run-in-cluster.ts';

/** How long the API may take to have a namespace deleted while a person waits for this to end. */
const hurriedDeletionMs = 1_000;

/**
 * Makes a plan's namespace, measures in it and deletes it again; before, it looks at rights, and says what earlier runs have left.
 *
 * @param signal - ends it early, with a report of what is known by then; the deletion of the namespace is begun and not
 *   awaited. Rejects where nothing is known yet
 * @param tell - takes the report; its answer is the exit code
 * @returns the exit code
 */
export async function measureInNamespace<Report>(
  cluster: Cluster,
  manifests: ManifestOptions,
  progress: Progress,
  signal: AbortSignal,
  tell: (report: Report, kept: boolean) => Promise<number>,
): Promise<number> {
  const { namespace } = manifests.plan;
  await unlessAborted(checkPermissions(cluster, namespace), signal);
  await unlessAborted(noteLeftovers(cluster, progress), signal);
  progress.step(`making namespace ${namespace} in context ${cluster.context} (Kubernetes ${cluster.version})`);
  const creating = createNamespace(cluster, namespace);
  let kept = manifests.keep;
  try {
    await unlessAborted(creating, signal);
    const report = await new RunInCluster<Report>(cluster, manifests, progress).run(signal);
    progress.end();
    return await tell(report, kept && !signal.aborted);
  } finally {
    progress.end();
    if (signal.aborted) kept = false;
    // It is deleted once it is there, not before.
    if (!kept) await cleanUp(cluster, namespace, creating, progress, signal);
  }
}

/** Deletes the namespace; what was measured counts even where that fails. */
async function cleanUp(
  cluster: Cluster,
  namespace: string,
  creating: Promise<void>,
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  const created = creating.catch(() => {});
  if (!signal.aborted) progress.step(`deleting namespace ${namespace}`);
  try {
    const gone = await (signal.aborted
      ? unlessAborted(
          created.then(() => beginDeletion(cluster, namespace)),
          AbortSignal.timeout(hurriedDeletionMs),
        )
      : created.then(() => deleteNamespace(cluster, namespace)));
    progress.end();
    if (!gone) progress.note(`namespace ${namespace} is still being deleted`);
  } catch (thrown) {
    const { message } = toEvenkeelError(thrown);
    progress.note(`namespace ${namespace} could not be deleted: ${message}. Later: evenkeel prove --clean`);
  }
}
