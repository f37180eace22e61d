import { z } from 'zod';
import type { Measured } from '../../probe/is-measured.ts';
import { count, failedCalls, ms } from '../../probe/report-parts.ts';
import { causes } from '../../verdict/cause.ts';
import { rowReport } from '../row-report.ts';

const named = {
  variant: z.string().nullable().describe('What differs from an ordinary set-up; null: nothing is varied.'),
  client: z
    .enum(['grpc-js', 'grpc-go', 'http'])
    .describe(
      'Who called. grpc-go makes calls again that no server has looked at, also where grpc-js was told not to.',
    ),
  scheme: z.string().describe('Scheme id.'),
};

const figures = {
  convergedMs: ms
    .nullable()
    .describe('From a pod’s event until the client had followed it, the slowest pod; null: not in time.'),
  calls: count.describe('Calls made, from shortly before the change.'),
  failed: count.describe('Of these, failed.'),
  causes: z
    .object(Object.fromEntries(causes.map((cause) => [cause, count])) as Record<(typeof causes)[number], typeof count>)
    .describe('What they were lost to.'),
  failures: failedCalls.failures,
  onOldPods: z.object({ answered: count, failed: count }).describe('Calls sent to a pod after it was told to end.'),
  p99Ms: ms.nullable().describe('99th percentile of the answered calls alone, from when they were due.'),
  p99OfAllMs: ms
    .nullable()
    .describe('The same of all calls: one that failed counts as slowest, and no faster than the deadline.'),
  why: z.string().describe('The cause in a sentence.'),
};

/** The report of `evenkeel experiment scale-out | scale-in | rolling-update`. */
export const changeSchema = rowReport({
  kind: ['scale-out', 'scale-in', 'rolling-update'],
  named,
  figures,
  conditions: {
    environment: z.enum(['lab', 'kubernetes']).describe('Where the pods were: a lab on one machine, or a cluster.'),
    from: count.describe('Pods before.'),
    to: count.describe('Pods after.'),
    endpointDelayMs: ms
      .nullable()
      .describe(
        'From a pod’s event until DNS, proxies and control plane are told; null: as long as the cluster takes (1 to 3 s).',
      ),
    clientDnsMs: ms.describe('A gRPC client resolves a name again at most so often (elsewhere 30 s).'),
    ratePerSecond: z.number().describe('Calls a second of each client, open loop.'),
    deadlineMs: ms.describe('Of each call.'),
  },
  rows: 'One row a variant and client.',
});

export type ChangeReport = z.infer<typeof changeSchema>;
export type ChangeKind = ChangeReport['kind'];
export type ExperimentRow = ChangeReport['rows'][number];
export type MeasuredRow = Measured<ExperimentRow>;
