import type { PlannedChange } from '../change/in-cluster/plan.ts';
import type { PlannedAges } from '../connection-age/in-cluster/plan.ts';

/** What the pod that makes the calls measures. */
export type PlannedExperiment = PlannedChange | PlannedAges;
