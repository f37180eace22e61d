import { z } from 'zod';
import type { Measured } from '../../probe/is-measured.ts';
import { count, failedCalls, ms } from '../../probe/report-parts.ts';
import { rowReport } from '../row-report.ts';
import { wayNames } from './kinds.ts';

const named = { way: z.enum(wayNames).describe('Who decides what each pod gets.') };

const ratio = z.number().nonnegative().nullable();

const window = z.object({
  fromMs: ms.describe('When it begins, from the first call on.'),
  underWay: z
    .array(z.number().nonnegative())
    .describe('Calls under way at each pod, on average; the slow pods are last.'),
  busiest: ratio.describe('Of the busiest pod, of the mean; null: no call was answered.'),
});

const figures = {
  calls: count.describe('Calls.'),
  ...failedCalls,
  p50Ms: ms.nullable().describe('Median after the first minute; one that failed counts as slowest, here as below.'),
  p99Ms: ms.nullable().describe('99th percentile of the same.'),
  windows: z.array(window).describe('One after the other, from the first call on.'),
  afterMinute: ratio.describe(
    'The busiest pod of the mean, over all windows after the first minute; null: there is none.',
  ),
};

/** The report of `evenkeel experiment uneven-pods`. */
export const unevenPodsSchema = rowReport({
  kind: 'uneven-pods',
  named,
  figures,
  conditions: {
    pods: count.describe('Pods, the slow ones among them.'),
    slow: count.describe('Slow pods.'),
    latencyMs: ms.describe('How long an ordinary pod takes for an answer.'),
    slowLatencyMs: ms.describe('How long a slow one takes.'),
    clients: count.describe('Clients of each row.'),
    ratePerSecond: z.number().describe('Calls a second of each row, open loop.'),
    deadlineMs: ms.describe('Of each call.'),
    windowMs: ms.describe('How long a window is.'),
  },
  rows: 'One row a way.',
});

export type UnevenPodsReport = z.infer<typeof unevenPodsSchema>;
export type UnevenPodsRow = UnevenPodsReport['rows'][number];
export type MeasuredUnevenPods = Measured<UnevenPodsRow>;
export type UnevenWindow = z.infer<typeof window>;
