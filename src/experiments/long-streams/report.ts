import { z } from 'zod';
import type { Measured } from '../../probe/is-measured.ts';
import { count, ms } from '../../probe/report-parts.ts';
import { rowReport } from '../row-report.ts';

export const remedies = ['nothing', 'max_stream_duration', 'age', 'age and grace'] as const;
export type Remedy = (typeof remedies)[number];

const named = { remedy: z.enum(remedies).describe('What ends streams before their time.') };
const byPod = z.array(count);

const figures = {
  before: byPod.describe('Streams by pod when the scale-out began, most first.'),
  after: byPod.describe('Streams by pod at the end, most first.'),
  busiest: z
    .array(
      z.object({ atMs: ms.describe('Since the new pods were ready.'), ratio: z.number().describe('See `ratio`.') }),
    )
    .describe('How uneven it was: streams of the busiest pod, as a multiple of the mean of all pods.'),
  evenAfterMs: ms
    .nullable()
    .describe(
      'Until the busiest pod had at most 1.2 times the mean, since the new pods were ready; null: not in time.',
    ),
  evenRatio: z.number().nullable().describe('The mean ratio of the busiest pod from then on.'),
  opened: count.describe('Streams that were opened since the new pods were ready.'),
  ended: z.record(z.string(), count).describe('Streams that ended since then, by status; OK: by themselves.'),
  endedEarlyPerHour: z.number().describe('The same without OK, of one stream in an hour.'),
  reconnects: count.describe(
    'Connections that were opened since then, without the first one of each client to each new pod.',
  ),
  reopenedP99Ms: ms
    .nullable()
    .describe('From the end of a stream until the headers of the next one, 99th percentile; not scaled.'),
};

/** The report of `evenkeel experiment long-streams`; times are those of a cluster, unless said otherwise. */
export const longStreamsSchema = rowReport({
  kind: 'long-streams',
  named,
  figures,
  conditions: {
    scale: z.number().describe('Times were so many times shorter than this report has them.'),
    streams: count.describe('Streams of each row, kept open.'),
    clients: count.describe('Clients of each row, with as many streams each; xds:///, round robin.'),
    podsBefore: count.describe('Pods of each row before the scale-out.'),
    podsAfter: count.describe('Pods after it.'),
    lastsMs: ms.describe('How long a stream lasts by itself.'),
    maxDurationMs: ms.describe('`maxStreamDuration` of the Service, in that row.'),
    ageMs: ms.describe('MaxConnectionAge of the servers, in those rows.'),
    graceMs: ms.describe('MaxConnectionAgeGrace of the servers, in that row.'),
    watchedMs: ms.describe('How long it was watched once the new pods were ready.'),
  },
  rows: 'One row a remedy.',
});

export type LongStreamsReport = z.infer<typeof longStreamsSchema>;
export type LongStreamsRow = LongStreamsReport['rows'][number];
export type MeasuredLongStreams = Measured<LongStreamsRow>;
