import { connectionAgePage } from '../../../../probe/experiment/connection-age/page.ts';
import { printConnectionAge } from '../../../../probe/experiment/connection-age/print.ts';
import { type ConnectionAgeReport, exitCodeOf } from '../../../../probe/experiment/connection-age/report.ts';
import { parseProofOptions } from '../../../../probe/options.ts';
import type { ConnectionAgeOptions } from '../../connection-age.ts';
import type { RawClusterOptions } from '../../in-cluster/options.ts';
import { runInCluster } from '../../in-cluster/run.ts';
import type { ExperimentOutput } from '../../output.ts';

/** Sweeps the ages in a namespace of its own in a cluster; the answer is the exit code. */
export function measureInCluster(
  options: ConnectionAgeOptions,
  raw: RawClusterOptions,
  output: ExperimentOutput,
): Promise<number> {
  const { pods, scaleTo, seed } = options;
  return runInCluster<ConnectionAgeReport>({
    proof: parseProofOptions({
      ...{ schemes: 'headless-round-robin,xds', replicas: String(pods) },
      ...{ scaleTo: String(scaleTo), seed: String(seed) },
    }),
    experiment: { kind: 'connection-age', options },
    ...{ raw, output, print: printConnectionAge, page: connectionAgePage, exitCode: exitCodeOf },
  });
}
