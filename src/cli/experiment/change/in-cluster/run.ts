import { changePage } from '../../../../probe/experiment/change/page.ts';
import { printChange } from '../../../../probe/experiment/change/print.ts';
import { type ChangeKind, type ChangeReport, exitCodeOf } from '../../../../probe/experiment/change/report.ts';
import type { ChangeOptions } from '../../change.ts';
import type { RawClusterOptions } from '../../in-cluster/options.ts';
import { runInCluster } from '../../in-cluster/run.ts';
import type { ExperimentOutput } from '../../output.ts';
import { ends } from '../measure-all.ts';

/** Changes the pods of a namespace of its own in a cluster under constant calls; the answer is the exit code. */
export function measureInCluster(
  kind: ChangeKind,
  options: ChangeOptions,
  raw: RawClusterOptions,
  output: ExperimentOutput,
): Promise<number> {
  return runInCluster<ChangeReport>({
    // As many pods as there are before the change.
    proof: { ...options.proof, replicas: ends(kind, options)[0] },
    experiment: { kind, options },
    ...{ raw, output, print: printChange, page: changePage, exitCode: exitCodeOf },
  });
}
