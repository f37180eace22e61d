import type { RawProveOptions } from '../../environments/cluster/options.ts';
import { parseProofOptions } from '../../probe/options.ts';
import type { Output } from '../../probe/output-flags.ts';
import { namespacePrefix } from '../cluster-options.ts';
import { runInCluster } from '../run-in-cluster.ts';
import type { ConnectionAgeOptions } from './options.ts';
import { connectionAgePage } from './page.ts';
import { printConnectionAge } from './print.ts';
import { type ConnectionAgeReport, exitCodeOf } from './report.ts';

/** Sweeps the ages in a namespace of its own in a cluster; the answer is the exit code. */
export function measureInCluster(options: ConnectionAgeOptions, raw: RawProveOptions, output: Output): Promise<number> {
  const { pods, scaleTo, seed } = options;
  return runInCluster<ConnectionAgeReport>({
    proof: parseProofOptions({
      ...{ schemes: 'headless-round-robin,xds', replicas: String(pods) },
      ...{ scaleTo: String(scaleTo), seed: String(seed) },
    }),
    experiment: { kind: 'connection-age', options },
    ...{
      raw,
      namespacePrefix,
      output,
      shown: { print: printConnectionAge, page: connectionAgePage, exitCode: exitCodeOf },
    },
  });
}
