import { z } from 'zod';

const ms = z.number().nonnegative();
const count = z.int().nonnegative();
const named = {
  policy: z.string().describe('How a pod is chosen for a call.'),
  client: z.enum(['grpc-js', 'grpc-js through Envoy']).describe('Who called.'),
  deadlineMs: ms.describe('Of each call.'),
};

const measured = z.object({
  ...named,
  status: z.literal('ok').describe('It was measured.'),
  calls: count.describe('Counted calls.'),
  failed: count.describe('Of these, failed; nothing is retried.'),
  failures: z.record(z.string(), count).describe('The same by status.'),
  sentToSlow: count.describe('Of all calls, those sent to the slow pod: answered by it, or failed on the way to it.'),
  lastFailureMs: ms
    .nullable()
    .describe('When the last failed call was sent, from the first call on; null: none failed.'),
  p50Ms: ms.nullable().describe('Median of the answered calls, from when they were due.'),
  p99Ms: ms.nullable().describe('99th percentile of the same.'),
  why: z.string().describe('The cause in a sentence.'),
});

const unmeasured = z.object({
  ...named,
  status: z.enum(['skipped', 'error']).describe('It was not measured.'),
  reason: z.string().describe('Why, and what to do.'),
});

/** The report of `evenkeel experiment slow-pod`. */
export const slowPodSchema = z.object({
  schemaVersion: z.literal(1).describe('Raised when a field changes its meaning or goes; new fields leave it.'),
  kind: z.literal('slow-pod').describe('Tells it from other reports.'),
  startedAt: z.iso.datetime().describe('When the run began (UTC).'),
  durationMs: ms.describe('How long it took.'),
  conditions: z
    .object({
      versions: z.record(z.string(), z.string()).describe('Program to version.'),
      machine: z.object({ os: z.string(), cpus: count, memoryMiB: count }).describe('The machine of the lab.'),
      seed: z.int().describe('Of everything that is chance.'),
      pods: count.describe('Pods, the slow one among them.'),
      latencyMs: ms.describe('How long an ordinary pod takes for an answer.'),
      slowLatencyMs: ms.describe('How long the slow one takes.'),
      ratePerSecond: z.number().describe('Calls a second, open loop.'),
      outlierIntervalMs: ms.describe('Outlier detection looks so often (elsewhere 10 s).'),
    })
    .describe('What must be known to judge the figures.'),
  rows: z.array(z.discriminatedUnion('status', [measured, unmeasured])).describe('One row a policy and deadline.'),
  interrupted: z.boolean().describe('The run was ended early; rows that are missing were not measured.'),
  conclusion: z.string().describe('The run in some sentences.'),
});

export type SlowPodReport = z.infer<typeof slowPodSchema>;
export type SlowPodRow = SlowPodReport['rows'][number];
export type MeasuredSlowPod = z.infer<typeof measured>;
