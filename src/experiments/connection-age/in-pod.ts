import type { KubernetesFixture } from '../../environments/cluster/fixture.ts';
import type { Progress } from '../../probe/index.ts';
import { ClusterAges } from './cluster-ages.ts';
import { measureAges } from './measure-ages.ts';
import type { ConnectionAgeOptions } from './options.ts';
import type { ConnectionAgeReport } from './report.ts';

/** Sweeps the ages from a pod of the cluster. */
export async function measureAgesInPod(
  options: ConnectionAgeOptions,
  fixture: KubernetesFixture,
  progress: Progress,
  signal: AbortSignal,
): Promise<ConnectionAgeReport> {
  const { versions } = await fixture.conditions();
  const place = { environment: 'kubernetes', versions, ages: new ClusterAges(fixture) } as const;
  return measureAges(place, options, progress, signal);
}
