import type { ConnectionAgeReport } from '../../../../probe/experiment/connection-age/report.ts';
import type { Progress } from '../../../../probe/index.ts';
import type { KubernetesFixture } from '../../../prove/fixture.ts';
import { measureAges } from '../measure-ages.ts';
import { ClusterAges } from './cluster-ages.ts';
import type { PlannedAges } from './plan.ts';

/** Sweeps the ages from a pod of the cluster. */
export async function measureInPod(
  { options }: PlannedAges,
  fixture: KubernetesFixture,
  progress: Progress,
  signal: AbortSignal,
): Promise<ConnectionAgeReport> {
  const { versions } = await fixture.conditions();
  const place = { environment: 'kubernetes', versions, ages: new ClusterAges(fixture) } as const;
  return measureAges(place, options, progress, signal);
}
