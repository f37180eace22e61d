import { toEvenkeelError } from '../../../base/errors.ts';
import { terminationSignal } from '../../../base/shutdown.ts';
import { createProgress, type Progress, type ProofOptions } from '../../../probe/index.ts';
import { checkPermissions } from '../../prove/check-permissions.ts';
import { type Cluster, connect } from '../../prove/connect.ts';
import type { ManifestOptions } from '../../prove/manifests.ts';
import { createNamespace, deleteNamespace, newName } from '../../prove/namespace.ts';
import { parseProveOptions } from '../../prove/options.ts';
import { RunInCluster } from '../../prove/run-in-cluster.ts';
import { type ExperimentOutput, openResults } from '../output.ts';
import { namespacePrefix, type RawClusterOptions } from './options.ts';
import type { PlannedExperiment } from './plan.ts';

/** How long it is waited until a namespace is gone. */
const deletedWithinMs = 120_000;

/** What is measured in a cluster, and how it is told. */
export interface ClusterExperiment<Report> {
  readonly experiment: PlannedExperiment;
  /** Which schemes are called, and how many pods there are to begin with. */
  readonly proof: ProofOptions;
  readonly raw: RawClusterOptions;
  readonly output: ExperimentOutput;
  /** For a terminal. */
  print(report: Report, colour: boolean): string;
  /** One page of HTML that loads nothing else. */
  page(report: Report): string;
  exitCode(report: Report): 0 | 1 | 3;
}

/** Measures from a pod in a namespace of its own, tells what was seen and deletes the namespace; the answer is the exit code. */
export async function runInCluster<Report>(wanted: ClusterExperiment<Report>): Promise<number> {
  const { raw, output } = wanted;
  const where = parseProveOptions(raw);
  const namespace = newName(where.namespacePrefix ?? namespacePrefix);
  const manifests = manifestsOf(namespace, wanted, where);
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
    const report = await new RunInCluster<Report>(cluster, manifests, progress).run(early.signal);
    progress.end();
    if (report === undefined) {
      progress.note('the run was ended before anything was measured');
      return 3;
    }
    await results.tell(report, wanted.print, wanted.page);
    return wanted.exitCode(report);
  } finally {
    progress.end();
    await cleanUp(cluster, namespace, progress);
  }
}

function manifestsOf<Report>(
  namespace: string,
  { experiment, proof, raw }: ClusterExperiment<Report>,
  { image, envoyImage, controlPlane, clusterDomain }: ReturnType<typeof parseProveOptions>,
): ManifestOptions {
  return {
    plan: { namespace, options: proof, controlPlane, envoy: envoyImage !== undefined, experiment },
    ...{ image, envoyImage, goClientImage: raw.goClientImage, clusterDomain, keep: false },
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
