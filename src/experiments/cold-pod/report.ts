import { z } from 'zod';
import type { Measured } from '../../probe/is-measured.ts';
import { count, failedCalls, ms } from '../../probe/report-parts.ts';
import { rowReport } from '../row-report.ts';

export const variantNames = ['without', 'with slow start'] as const;
export type Variant = (typeof variantNames)[number];

const named = { variant: z.enum(variantNames).describe('Whether the Service asks for a slow start.') };

const age = z.object({
  ageMs: ms.describe('Age of a pod at the middle of the time that was counted, since it was ready.'),
  calls: count.describe('Calls that pods of this age answered.'),
  share: z.number().nonnegative().describe('Calls of a pod of this age, of what a warm pod got at the same time.'),
  line: z.number().nonnegative().describe('What a slow start promises at this age.'),
});

const latency = ms.nullable();

const figures = {
  calls: count.describe('Calls since the rollout began, until the last new pod is warm.'),
  ...failedCalls,
  steadyP50Ms: latency.describe('Median before the rollout; one that failed counts as slowest, here as below.'),
  steadyP99Ms: latency.describe('99th percentile before the rollout.'),
  rolloutP50Ms: latency.describe('Median since the rollout began.'),
  rolloutP99Ms: latency.describe('99th percentile since the rollout began.'),
  ages: z.array(age).describe('What new pods were given, by age; all of them together.'),
};

/** The report of `evenkeel experiment cold-pod`. */
export const coldPodSchema = rowReport({
  kind: 'cold-pod',
  named,
  figures,
  conditions: {
    pods: count.describe('Pods of each row; all are replaced.'),
    clients: count.describe('Clients of each row.'),
    ratePerSecond: z.number().describe('Calls a second of all clients of a row, open loop.'),
    deadlineMs: ms.describe('Of each call.'),
    latencyMs: ms.describe('Mean time of an answer; it is exponential.'),
    coldMs: ms.describe('What the first call costs a new pod beside it, one call at a time.'),
    warmUpMs: ms.describe('How long until that is nothing, in a straight line.'),
    slowStartMs: ms.describe('How long a new pod takes to a full share, where it starts slowly.'),
    eachMs: ms.describe('From one new pod that is ready to the next.'),
  },
  rows: 'One row with, one without.',
});

export type ColdPodReport = z.infer<typeof coldPodSchema>;
export type ColdPodRow = ColdPodReport['rows'][number];
export type MeasuredColdPod = Measured<ColdPodRow>;
export type PodAge = z.infer<typeof age>;
