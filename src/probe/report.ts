import { z } from 'zod';
import { causes } from '../verdict/cause.ts';
import { verdicts } from '../verdict/verdict.ts';
import { count, ms, setUp } from './report-parts.ts';
import { schemeIds } from './schemes/schemes.ts';

const byName = z.record(z.string(), count);

const scheme = z.enum(schemeIds).describe('Which way of calling.');
const title = z.string().describe('The scheme in a few words.');
const reason = z.string().describe('Why, in one line.');
const code = z.string().describe('The stable error code; docs/errors.md.');
const why = z.string().describe('The cause of what was seen, in one line.');
const advice = z.string().describe('What to do about it, in one line.');
const failures = byName.describe('Failed calls by gRPC status; HTTP calls: `HTTP_503`, or the word of the system.');
const failed = count.describe('Calls that got no answer or an error: the sum of `failures`.');
const percentiles = z.object({
  p50: ms.nullable().describe('Median.'),
  p99: ms.nullable().describe('99th percentile.'),
  max: ms.nullable().describe('Slowest.'),
});
const latencyMs = percentiles.describe(
  'Of answered calls alone, from when a call was due, in milliseconds; null where none was answered.',
);
const latencyOfAllMs = percentiles.describe(
  'Of all calls: one that failed counts as slower than every answered one, and no faster than the deadline. The gate and the table go by it.',
);
const unreadable = z
  .array(
    z.object({ pod: z.string().describe('The backend.'), reason: z.string().describe('Why it could not be read.') }),
  )
  .describe('Backends whose own count could not be read, so that it was not compared with the answers.');

const places = z.array(
  z.object({
    name: z.string().describe('The place.'),
    pods: count.describe('Backends there.'),
    calls: count.describe('Calls that they answered together.'),
  }),
);

const measuredScheme = z.object({
  scheme,
  title,
  status: z.literal('ok').describe('`ok` measured, `skipped` not available here, `error` the measurement failed.'),
  target: z.string().describe('Where the client called.'),
  backends: z
    .object({
      expected: count.describe('Ready backends when the calls began.'),
      reached: count.describe('Backends that answered a counted call.'),
      calls: byName.describe('Answered calls by backend, zeros included.'),
      byZone: places.describe('The same by zone; empty where zones are not known.'),
      byNode: places.describe('The same by node; empty where nodes are not known.'),
    })
    .describe('Who answered the counted calls.'),
  calls: count.describe('Counted calls that were made.'),
  warmupCalls: count.describe('Calls before those that count.'),
  connections: count.describe('TCP connections that the counted calls were answered on.'),
  failures,
  failed,
  latencyMs,
  latencyOfAllMs,
  verdict: z.enum(verdicts).describe('How even; by the rule of docs/report.md.'),
  maxSpread: count.describe('Most minus fewest calls of a backend; 0 or 1 is as even as whole calls can be.'),
  pValue: z
    .number()
    .nullable()
    .describe('Chance of shares at least so uneven if each call chose at random; null where not tested.'),
  smallestSkewFound: z
    .number()
    .nullable()
    .describe('How much more than its share a backend must get for so many calls to show it in nine of ten runs.'),
  unreadable,
  why,
  do: advice,
});

const skipped = { status: z.literal('skipped'), reason };
const broken = { status: z.literal('error'), code, reason, do: advice };

const schemeRow = z.discriminatedUnion('status', [
  measuredScheme,
  z.object({ scheme, title, ...skipped }),
  z.object({ scheme, title, ...broken }),
]);

const from = count.describe('Backends before.');
const to = count.describe('Backends after.');

/** What is said of calls that are made while pods come and go. */
const underChange = {
  observedMs: ms.describe('How long after the change was asked for the calls went on.'),
  ratePerSecond: z.number().describe('Rate of the calls.'),
  calls: count.describe('Calls made, from shortly before the change.'),
  failures,
  failed,
  latencyMs,
  latencyOfAllMs,
  added: z
    .array(
      z.object({
        pod: z.string().describe('A pod that came.'),
        readyAtMs: ms.describe('When it was ready.'),
        firstAnswerAtMs: ms.nullable().describe('When its first answer arrived; null: never.'),
      }),
    )
    .describe('Pods that came. Times of this row count from when the change was asked for.'),
  removed: z
    .array(
      z.object({
        pod: z.string().describe('A pod that went.'),
        terminatingAtMs: ms.describe('When it was told to end.'),
        endedAtMs: ms.nullable().describe('When its process ended.'),
        lastCallAtMs: z.number().nullable().describe('When the last call that went to it was sent; null: none.'),
      }),
    )
    .describe('Pods that went.'),
  late: z
    .object({
      answered: count.describe('Answered while it drained.'),
      failed: count.describe('Failed, as far as the client knew whom it had called.'),
      afterEnd: count.describe('Of the failed ones, those sent after the process had ended.'),
    })
    .describe('Calls sent to a pod after it was told to end.'),
  timeline: z
    .object({
      bucketMs: ms.describe('Length of a bucket.'),
      buckets: z
        .array(
          z.object({
            atMs: z.number().describe('Start of the bucket; below 0 is before the change.'),
            answered: byName.describe('Answered calls sent in it, by backend.'),
            failed: count.describe('Failed calls sent in it.'),
          }),
        )
        .describe('In the order of time; those without a call are left out.'),
    })
    .describe('Calls over time, for plots.'),
  unreadable,
  why,
  do: advice,
};

const measuredChange = z.object({
  scheme,
  title,
  status: z.literal('ok').describe('As in `schemes[]`.'),
  from,
  to,
  convergedMs: ms.nullable().describe('How long the client took to follow; null: not within `windowMs`.'),
  reason: reason.optional().describe('Only where `convergedMs` is null: what had not happened.'),
  windowMs: ms.describe('How long after the last event the client was given.'),
  newClient: z.boolean().describe('The client was made anew before, since the old one did not know every backend.'),
  ...underChange,
});

const unmeasuredChange = { scheme, title, from, to, convergedMs: z.null() };
const changeRow = z.discriminatedUnion('status', [
  measuredChange,
  z.object({ ...unmeasuredChange, ...skipped }),
  z.object({ ...unmeasuredChange, ...broken }),
]);

/** Failed calls that a report has one by one; the counts have all. */
export const mostLost = 100;

const change = z.enum(['update', 'rollback']).describe('To a new version, or back to the one before.');
const cause = z.enum(causes);

const measuredRollout = z.object({
  scheme,
  title,
  change,
  status: z.literal('ok').describe('As in `schemes[]`.'),
  pods: count.describe('Backends before and after.'),
  ready: z
    .object({ least: count.describe('Fewest at any time.'), most: count.describe('Most at any time.') })
    .describe('Backends that were ready and not told to end.'),
  causes: z
    .object({
      refused: count.describe('Nobody listened where the call was sent.'),
      goaway: count.describe('The pod closed the session and refused a call that was on its way.'),
      staleAddress: count.describe('Sent to a pod that had ended.'),
      drainedTooShort: count.describe('The pod went and cut the call.'),
      cut: count.describe(
        'The pod stayed and cut the call: the grace of its MaxConnectionAge was over, or it crashed.',
      ),
      deadline: count.describe('No answer in time.'),
      other: count.describe('None of these.'),
    })
    .describe('What failed calls were lost to; the sum is `failed`.'),
  lost: z
    .array(
      z.object({
        cause: cause.describe('One of `causes`.'),
        status: z.string().describe('As in `failures`.'),
        sentAtMs: z.number().describe('When it was sent.'),
        endedAtMs: z.number().describe('When it failed.'),
        peer: z.string().optional().describe('Where it went, where it got that far.'),
        error: z.string().optional().describe("The error's own words."),
      }),
    )
    .describe(`The first ${mostLost} failed calls, so that the causes can be checked.`),
  ...underChange,
});

const rolloutRow = z.discriminatedUnion('status', [
  measuredRollout,
  z.object({ scheme, title, change, ...skipped }),
  z.object({ scheme, title, change, ...broken }),
]);

const policy = z
  .enum(['Cluster', 'Local'])
  .describe('`externalTrafficPolicy`: connections are spread over pods (`Cluster`) or over nodes (`Local`).');

const nodeLocalRow = z.discriminatedUnion('status', [
  measuredScheme.extend({ policy }),
  z.object({ scheme, title, policy, ...skipped }),
  z.object({ scheme, title, policy, ...broken }),
]);

const conditions = z.object({
  environment: z.string().describe('Where it ran: `lab` or `kubernetes`.'),
  ...setUp,
  intervals: z
    .array(
      z.object({
        name: z.string().describe('What is waited for.'),
        valueMs: ms.describe('In this run.'),
        defaultMs: ms.describe('Outside of it.'),
        schemes: z.array(scheme).optional().describe('Schemes whose figures it bears on; absent: all.'),
      }),
    )
    .describe('Everything that decides how soon a change is seen.'),
  seed: count.describe('Random seed.'),
  ratePerSecond: z.number().describe('Rate of the counted calls, open loop.'),
  deadlineMs: ms.describe('Deadline of every call.'),
  retries: z.literal(false).describe('A failed attempt is a failed call.'),
  waitForReady: z.literal(false).describe('A call without a connection fails.'),
});

/** The report is plain data of this shape; docs/report.schema.json is made from it. */
export const reportSchema = z.object({
  schemaVersion: z.literal(1).describe('Raised when a field changes its meaning or goes; new fields leave it.'),
  startedAt: z.iso.datetime().describe('When the run began (UTC).'),
  durationMs: ms.describe('How long it took.'),
  conditions: conditions.describe('What must be known to judge the figures.'),
  schemes: z.array(schemeRow).describe('One row a scheme, in the order of the table.'),
  scaleOut: z.array(changeRow).describe('One row a scheme: backends came under constant calls.'),
  scaleIn: z.array(changeRow).describe('One row a scheme: backends went under constant calls.'),
  rollingUpdate: z
    .array(rolloutRow)
    .describe('Two rows a scheme, update and rollback: backends were replaced one by one under constant calls.'),
  nodeLocal: z
    .array(nodeLocalRow)
    .describe('A row a policy: a balancer that spreads by node, in front of nodes with different numbers of backends.'),
  interrupted: z.boolean().describe('The run was ended early; what was not measured by then has the status `skipped`.'),
  conclusion: z.string().describe('The run in one sentence.'),
});

export type Report = z.infer<typeof reportSchema>;
export type SchemeRow = Report['schemes'][number];
export type MeasuredScheme = z.infer<typeof measuredScheme>;
export type ChangeRow = Report['scaleOut'][number];
export type MeasuredChange = z.infer<typeof measuredChange>;
export type RolloutRow = Report['rollingUpdate'][number];
export type MeasuredRollout = z.infer<typeof measuredRollout>;

export type NodeLocalRow = Report['nodeLocal'][number];

/** The parts of a report that hold rows, as every run has them. */
export type Sections = Pick<Report, 'schemes' | 'scaleOut' | 'scaleIn' | 'rollingUpdate'>;

/** The process's exit code: 3 where any measurement failed or the run was ended early, else 0 (DESIGN: exit codes). */
export function exitCodeOf(report: Report): 0 | 3 {
  const { schemes, scaleOut, scaleIn, rollingUpdate, nodeLocal } = report;
  const rows = [...schemes, ...scaleOut, ...scaleIn, ...rollingUpdate, ...nodeLocal];
  return report.interrupted || rows.some(({ status }) => status === 'error') ? 3 : 0;
}
