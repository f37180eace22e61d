import type { ChangeReport } from '../../../probe/experiment/change/report.ts';
import type { ConnectionAgeReport } from '../../../probe/experiment/connection-age/report.ts';
import type { Progress } from '../../../probe/index.ts';
import type { KubernetesFixture } from '../../prove/fixture.ts';
import * as change from '../change/in-cluster/measure-in-pod.ts';
import * as connectionAge from '../connection-age/in-cluster/measure-in-pod.ts';
import type { PlannedExperiment } from './plan.ts';

/** Measures from a pod of the cluster. */
export function measureInPod(
  planned: PlannedExperiment,
  fixture: KubernetesFixture,
  progress: Progress,
  signal: AbortSignal,
): Promise<ChangeReport | ConnectionAgeReport> {
  return planned.kind === 'connection-age'
    ? connectionAge.measureInPod(planned, fixture, progress, signal)
    : change.measureInPod(planned, fixture, progress, signal);
}
