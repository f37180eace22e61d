import type { RawProveOptions } from '../../environments/cluster/options.ts';
import type { Output } from '../../probe/output-flags.ts';
import { namespacePrefix } from '../cluster-options.ts';
import { exitCodeOf } from '../rows.ts';
import { runInCluster } from '../run-in-cluster.ts';
import { ends } from './measure-all.ts';
import type { ChangeOptions } from './options.ts';
import { changePage } from './page.ts';
import { printChange } from './print.ts';
import type { ChangeKind, ChangeReport } from './report.ts';

/** Changes the pods of a namespace of its own in a cluster under constant calls; the answer is the exit code. */
export function measureInCluster(
  kind: ChangeKind,
  options: ChangeOptions,
  raw: RawProveOptions,
  output: Output,
): Promise<number> {
  return runInCluster<ChangeReport>({
    // As many pods as there are before the change.
    proof: { ...options.proof, replicas: ends(kind, options)[0] },
    experiment: { kind, options },
    ...{ raw, namespacePrefix, output, shown: { print: printChange, page: changePage, exitCode: exitCodeOf } },
  });
}
