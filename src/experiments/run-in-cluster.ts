import { connect } from '../environments/cluster/connect.ts';
import type { ManifestOptions } from '../environments/cluster/manifests.ts';
import { newName } from '../environments/cluster/namespace.ts';
import { parseProveOptions } from '../environments/cluster/options.ts';
import { measureInNamespace } from '../environments/cluster/own-namespace.ts';
import { createProgress, type ProofOptions } from '../probe/index.ts';
import { namespacePrefix, type RawClusterOptions } from './cluster-options.ts';
import { type ExperimentOutput, openResults } from './output.ts';
import type { PlannedExperiment } from './planned.ts';

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
  return measureInNamespace<Report>(cluster, manifests, progress, async (report) => {
    await results.tell(report, wanted.print, wanted.page);
    return wanted.exitCode(report);
  });
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
