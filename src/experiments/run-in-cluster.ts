import { leaveSoon, terminationSignal, unlessAborted } from '../base/shutdown.ts';
import { connect } from '../environments/cluster/connect.ts';
import type { ManifestOptions } from '../environments/cluster/manifests.ts';
import { newName } from '../environments/cluster/namespace.ts';
import { parseProveOptions, type RawProveOptions } from '../environments/cluster/options.ts';
import { measureInNamespace } from '../environments/cluster/own-namespace.ts';
import { createProgress, type Output, openResults, type ProofOptions, type Shown } from '../probe/index.ts';
import type { PlannedExperiment } from './planned.ts';
import { type ShownReport, withCommand } from './with-command.ts';

/** What is measured in a cluster, and how it is shown. */
export interface ClusterRun<Report> {
  /** Which schemes are called, and how many pods there are to begin with. */
  readonly proof: ProofOptions;
  /** In place of a proof of these schemes. */
  readonly experiment?: PlannedExperiment | undefined;
  /** The flags of a cluster as commander hands them over. */
  readonly raw: RawProveOptions;
  /** How the name of the namespace begins, unless something else is asked for. */
  readonly namespacePrefix: string;
  readonly output: Output;
  readonly shown: Shown<Report>;
  /** What a person can do with a namespace that is kept. */
  kept?(manifests: ManifestOptions): string;
}

/**
 * Measures from a pod in a namespace of its own, shows what was seen and deletes the namespace; the answer is the exit code,
 * 3 where it was ended before there was a report.
 */
export async function runInCluster<Report extends ShownReport>(run: ClusterRun<Report>): Promise<number> {
  const manifests = manifestsOf(run);
  const results = await openResults(run.output);
  const progress = createProgress(process.stderr);
  const early = new AbortController();
  void terminationSignal().then((signal) => {
    progress.note(`${signal}: ending; a second one ends this at once, and evenkeel prove --clean deletes what is left`);
    early.abort();
  });
  try {
    progress.step('asking the cluster');
    const cluster = await unlessAborted(connect(run.raw.context), early.signal);
    progress.end();
    return await measureInNamespace<Report>(cluster, manifests, progress, early.signal, async (report, kept) => {
      const code = await results.show(withCommand(report), run.shown);
      if (kept && run.kept !== undefined) console.error(`\n${run.kept(manifests)}`);
      return code;
    });
  } catch (thrown) {
    if (!early.signal.aborted) throw thrown;
    progress.note('the run was ended before anything was measured');
    return 3;
  } finally {
    progress.end();
    if (early.signal.aborted) leaveSoon();
  }
}

function manifestsOf<Report>({ proof, experiment, raw, namespacePrefix }: ClusterRun<Report>): ManifestOptions {
  const { namespacePrefix: prefix, controlPlane, envoyImage, image, clusterDomain, keep } = parseProveOptions(raw);
  const namespace = newName(prefix ?? namespacePrefix);
  return {
    plan: { namespace, options: proof, controlPlane, envoy: envoyImage !== undefined, experiment },
    ...{ image, envoyImage, goClientImage: raw.goClientImage, clusterDomain, keep },
  };
}
