import { z } from 'zod';
import type { Measured } from '../../probe/is-measured.ts';
import { count, failedCalls, ms } from '../../probe/report-parts.ts';
import { rowReport } from '../row-report.ts';

const named = {
  policy: z.string().describe('How a pod is chosen for a call.'),
  client: z.enum(['grpc-js', 'grpc-js through Envoy']).describe('Who called.'),
  deadlineMs: ms.describe('Of each call.'),
};

const figures = {
  calls: count.describe('Counted calls.'),
  ...failedCalls,
  sentToSlow: count.describe('Of all calls, those sent to the slow pod: answered by it, or failed on the way to it.'),
  lastFailureMs: ms
    .nullable()
    .describe('When the last failed call was sent, from the first call on; null: none failed.'),
  p50Ms: ms.nullable().describe('Median of the answered calls alone, from when they were due.'),
  p99Ms: ms.nullable().describe('99th percentile of the same.'),
  p50OfAllMs: ms
    .nullable()
    .describe('Median of all calls: one that failed counts as slowest, and no faster than the deadline.'),
  p99OfAllMs: ms.nullable().describe('99th percentile of the same.'),
  why: z.string().describe('The cause in a sentence.'),
};

/** The report of `evenkeel experiment slow-pod`. */
export const slowPodSchema = rowReport({
  kind: 'slow-pod',
  named,
  figures,
  conditions: {
    pods: count.describe('Pods, the slow one among them.'),
    latencyMs: ms.describe('How long an ordinary pod takes for an answer.'),
    slowLatencyMs: ms.describe('How long the slow one takes.'),
    ratePerSecond: z.number().describe('Calls a second, open loop.'),
    outlierIntervalMs: ms.describe('Outlier detection looks so often (elsewhere 10 s).'),
  },
  rows: 'One row a policy and deadline.',
});

export type SlowPodReport = z.infer<typeof slowPodSchema>;
export type SlowPodRow = SlowPodReport['rows'][number];
export type MeasuredSlowPod = Measured<SlowPodRow>;
