import { z } from 'zod';
import {
  begun,
  conclusion,
  conditionsAre,
  count,
  failedCalls,
  interruptedRows,
  ms,
  notMeasured,
  schemaVersion,
  setUp,
  wasMeasured,
} from '../../probe/report-parts.ts';
import { protectionNames, sicknessNames } from './kinds.ts';

const named = {
  sickness: z.enum(sicknessNames).describe('What is wrong with the pod.'),
  protection: z.enum(protectionNames).describe('Who does something about it.'),
  client: z.enum(['grpc-js', 'grpc-go']).describe('Who called.'),
};

const measured = z.object({
  ...named,
  status: wasMeasured,
  calls: count.describe('Calls of all clients of this kind.'),
  ...failedCalls,
  sentToSick: count.describe('Calls sent to the sick pod once it was sick.'),
  leftAfterMs: ms
    .nullable()
    .describe('From the first call to the pod once it was sick to the last; null: it was called to the end.'),
  p99OfAllMs: ms.nullable().describe('99th percentile of all calls: one that failed counts as slowest.'),
});

const unmeasured = z.object({ ...named, ...notMeasured });

/** The report of `evenkeel experiment sick-pod`. */
export const sickPodSchema = z.object({
  schemaVersion,
  kind: z.literal('sick-pod').describe('Tells it from other reports.'),
  ...begun,
  conditions: z
    .object({
      ...setUp,
      seed: z.int().describe('Random seed.'),
      pods: count.describe('Pods, the sick one among them.'),
      latencyMs: ms.describe('How long an ordinary pod takes for an answer; a slow one ten times as long.'),
      ratePerSecond: z.number().describe('Calls a second of all clients together, open loop.'),
      deadlineMs: ms.describe('Of each call.'),
      copies: count.describe('Processes of each kind of client.'),
    })
    .describe(conditionsAre),
  rows: z.array(z.discriminatedUnion('status', [measured, unmeasured])).describe('One row a client.'),
  interrupted: interruptedRows,
  conclusion,
});

export type SickPodReport = z.infer<typeof sickPodSchema>;
export type SickPodRow = SickPodReport['rows'][number];
export type MeasuredSickPod = z.infer<typeof measured>;
