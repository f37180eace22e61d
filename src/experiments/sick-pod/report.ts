import { z } from 'zod';
import type { Measured } from '../../probe/is-measured.ts';
import { count, failedCalls, ms } from '../../probe/report-parts.ts';
import { rowReport } from '../row-report.ts';
import { protectionNames, sicknessNames } from './kinds.ts';

const named = {
  sickness: z.enum(sicknessNames).describe('What is wrong with the pod.'),
  protection: z.enum(protectionNames).describe('Who does something about it.'),
  client: z.enum(['grpc-js', 'grpc-go']).describe('Who called.'),
};

const figures = {
  calls: count.describe('Calls of all clients of this kind.'),
  ...failedCalls,
  sentToSick: count.describe('Calls sent to the sick pod once it was sick.'),
  leftAfterMs: ms
    .nullable()
    .describe('From the first call to the pod once it was sick to the last; null: it was called to the end.'),
  p99OfAllMs: ms.nullable().describe('99th percentile of all calls: one that failed counts as slowest.'),
};

/** The report of `evenkeel experiment sick-pod`. */
export const sickPodSchema = rowReport({
  kind: 'sick-pod',
  named,
  figures,
  conditions: {
    pods: count.describe('Pods, the sick one among them.'),
    latencyMs: ms.describe('How long an ordinary pod takes for an answer; a slow one ten times as long.'),
    ratePerSecond: z.number().describe('Calls a second of all clients together, open loop.'),
    deadlineMs: ms.describe('Of each call.'),
    copies: count.describe('Processes of each kind of client.'),
  },
  rows: 'One row a client.',
});

export type SickPodReport = z.infer<typeof sickPodSchema>;
export type SickPodRow = SickPodReport['rows'][number];
export type MeasuredSickPod = Measured<SickPodRow>;
