import { z } from 'zod';
import {
  begun,
  conclusion,
  conditionsAre,
  count,
  failedCalls,
  ms,
  schemaVersion,
  setUp,
} from '../../probe/report-parts.ts';

const row = z.object({
  client: z
    .enum(['dns', 'xds'])
    .describe('`dns`: round_robin over a headless Service; `xds`: told by a control plane.'),
  ageMs: ms.nullable().describe('MaxConnectionAge in a cluster; null: none.'),
  labAgeMs: ms.nullable().describe('The same in the lab, shortened by the row’s `scale`.'),
  scale: z
    .number()
    .describe('Age and DNS interval were so many times shorter; less than in the conditions for short ages.'),
  calls: count.describe('Calls made by all clients.'),
  failed: failedCalls.failed,
  steadyMs: ms.describe('How long reconnects were counted before the scale-out.'),
  reconnects: count.describe('Connections opened anew in that time, by all clients together.'),
  reconnectsPerMinute: z.number().describe('By one client in a cluster: in the lab `scale` times as many.'),
  modelReconnectsPerMinute: z.number().describe('The same as the model has it.'),
  convergedMs: z
    .array(ms.nullable())
    .describe('Of each client in the lab: its slowest new pod, from readiness to the first answer; null: not in time.'),
  foundMs: z
    .array(ms.nullable())
    .describe('The same of each client and each new pod: how long a new pod waits for a client.'),
  meanConvergedMs: ms.nullable().describe('Mean of these, in a cluster; null: one client did not find a pod.'),
  worstConvergedMs: ms.nullable().describe('The slowest, in a cluster.'),
  modelMeanMs: ms.nullable().describe('Mean of the model, in a cluster; null where it says nothing.'),
  modelWorstMs: ms.nullable().describe('Worst of the model, in a cluster; null where it says nothing.'),
  latencyMs: z
    .object({
      p50: ms.nullable().describe('Median of all calls.'),
      p99: ms.nullable().describe('99th percentile of all calls; one that failed took no less than the deadline.'),
      p99AroundReconnects: ms
        .nullable()
        .describe('99th percentile of calls within 50 ms of a reconnect; null: too few.'),
    })
    .describe('Before the scale-out, from when a call was due.'),
  cpuMsPerSecond: z
    .object({
      clients: z.number().describe('Of all clients together.'),
      pods: z.number().nullable().describe('Of all pods together; null where the system does not tell.'),
    })
    .describe('Processor time before the scale-out.'),
  longCall: z
    .object({
      lastedMs: ms.describe('How long the call was to take, in the lab: longer than the age.'),
      status: z.string().describe('`OK`: it survived the closing of its connection.'),
    })
    .nullable()
    .describe('A call that outlives the age of its connection; null: not made.'),
  scaleOut: z
    .object({
      readyAtMs: z.array(ms).describe('When each new pod was ready.'),
      bucketMs: ms.describe('Length of a bucket.'),
      buckets: z
        .array(
          z.object({
            atMs: z.number().describe('Start of the bucket.'),
            answered: z.record(z.string(), count).describe('Answered calls by pod.'),
            failed: count.describe('Failed calls.'),
          }),
        )
        .describe('Calls of all clients by when they were sent; without those in which none was.'),
    })
    .describe('The scale-out as it went in the lab; times from when it was asked for.'),
});

const cost = z.object({
  ageMs: ms.describe('MaxConnectionAge.'),
  reconnectCores: z.number().describe('Processors that open connections, on both sides.'),
  idleCores: z.number().describe('Processors of new pods that no client has found yet, at worst.'),
  totalCores: z.number().describe('Both.'),
  reconnectsPerSecond: z.number().describe('Connections that the fleet opens anew.'),
  foundWithinMs: ms.describe('How long new pods wait at worst.'),
});

/** The report of `evenkeel experiment connection-age`. */
export const connectionAgeSchema = z.object({
  schemaVersion,
  kind: z.literal('connection-age').describe('Tells it from other reports.'),
  ...begun,
  conditions: z
    .object({
      ...setUp,
      environment: z.enum(['lab', 'kubernetes']).describe('Where the pods were: a lab on one machine, or a cluster.'),
      scale: z.number().describe('Ages and DNS intervals were so many times shorter than `rows` have them.'),
      dnsMs: ms.describe('A client resolves a name again at most so often, in a cluster.'),
      podsBefore: count.describe('Pods before the scale-out.'),
      podsAfter: count.describe('Pods after it.'),
      clients: count.describe('Client processes.'),
      ratePerSecond: z.number().describe('Calls a second of each.'),
    })
    .describe(conditionsAre),
  rows: z.array(row).describe('One row an age, and one for xds:///.'),
  reconnectCpuMs: z
    .object({
      value: ms.describe('Milliseconds.'),
      measured: z.boolean().describe('False: the sweep did not show it, and an assumption stands in.'),
    })
    .describe('Processor time of one reconnect, client and server together: the slope over the sweep.'),
  fleet: z
    .object({
      clients: count.describe('Clients.'),
      pods: count.describe('Pods.'),
      scaleOutsPerHour: z.number().describe('Scale-outs an hour.'),
      podsAdded: count.describe('Pods that come with each.'),
      coresPerPod: z.number().describe('Processors of a pod.'),
      dnsMs: ms.describe('As in the conditions.'),
    })
    .describe('The fleet that the recommendation is for.'),
  curve: z.array(cost).describe('What ages cost that fleet.'),
  recommendation: z
    .object({
      ageMs: ms.describe('MaxConnectionAge to set.'),
      exactMs: ms
        .nullable()
        .describe('Where the sum of the costs is least, not rounded; null: longer is always better.'),
      cost,
      connections: count.describe('That the fleet holds at any age: one of each client to each pod.'),
      why: z.string().describe('In a sentence.'),
    })
    .describe('The answer.'),
  modelHolds: z.boolean().describe('Whether every age reconnected and converged as the model says.'),
  modelNotes: z.array(z.string()).describe('Where it did not.'),
  interrupted: z.boolean().describe('The run was ended early; ages that are missing were not measured.'),
  conclusion,
});

export type ConnectionAgeReport = z.infer<typeof connectionAgeSchema>;
export type AgeRow = z.infer<typeof row>;

/** 3 where it was ended early. */
export function exitCodeOf({ interrupted }: ConnectionAgeReport): 0 | 3 {
  return interrupted ? 3 : 0;
}
