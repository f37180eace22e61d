import { z } from 'zod';
import { verdicts } from '../../verdict/verdict.ts';
import { count, ms, setUp } from '../report-parts.ts';

const byName = z.record(z.string(), count);

const percentiles = z.object({
  p50: ms.nullable().describe('Median.'),
  p90: ms.nullable().describe('90th percentile.'),
  p99: ms.nullable().describe('99th percentile.'),
  p999: ms.nullable().describe('99.9th percentile.'),
  max: ms.nullable().describe('Slowest.'),
  mean: ms.nullable().describe('Mean.'),
});
const latencyMs = percentiles.describe(
  'Of answered calls alone, from when a call was due, in milliseconds; null where none was answered.',
);
const latencyOfAllMs = percentiles.describe(
  'Of all calls: one that failed or was never sent counts as slower than every answered one, and no faster than the deadline; null where no call was made. The gate and the table go by it.',
);
const short = percentiles.pick({ p50: true, p99: true, max: true });

const backend = z.object({
  name: z
    .string()
    .describe(
      'As the identifier names it; empty: answers that did not say; an address, where failed calls named nobody.',
    ),
  calls: count.describe('Answered calls.'),
  share: z.number().describe('Of all answered calls, 0 to 1.'),
  addresses: z.array(z.string()).describe('Where it answered: `HOST:PORT` of connections, some of the first.'),
  latencyMs,
  latencyOfAllMs,
  failed: count.describe('Failed calls that are known to have gone there.'),
  failures: byName.describe('The same by status.'),
});

const second = z.object({
  atMs: ms.describe('Start, from when counting began.'),
  due: count.describe('Calls that were due in it.'),
  answered: byName.describe('Of these, answered, by backend.'),
  failed: count.describe('Of these, failed.'),
  notSent: count.describe('Of these, never sent.'),
  latencyMs: short.describe('Of those that were answered.'),
  latencyOfAllMs: short.describe('Of all, as above.'),
});

const change = z.object({
  event: z.enum(['came', 'went']).describe('What happened to the backend.'),
  backend: z.string().describe('Its address, or its name where that is known.'),
  atMs: z.number().describe('When it was noticed, from when counting began.'),
  followedMs: ms
    .nullable()
    .describe('Until its first answer, or until the last call to it was sent; null: not in this run.'),
});

/** The report of `evenkeel probe` is plain data of this shape; docs/probe.schema.json is made from it. */
export const probeReportSchema = z.object({
  schemaVersion: z.literal(1).describe('Raised when a field changes its meaning or goes; new fields leave it.'),
  kind: z.literal('probe').describe('Tells it from other reports.'),
  startedAt: z.iso.datetime().describe('When the run began (UTC).'),
  durationMs: ms.describe('How long calls that count were begun.'),
  target: z.string().describe('As it was given.'),
  call: z.string().describe('Method of the calls: `/grpc.health.v1.Health/Check`, or `GET /path`.'),
  conditions: z
    .object({
      engine: z.enum(['channel', 'wire', 'http']).describe('What made the calls.'),
      policy: z
        .string()
        .describe("The client's load balancing; `none` for HTTP, `xds` where the control plane decides."),
      connections: count.describe(
        'gRPC channels, or the most HTTP connections that were kept alive at a time; 0: a new one for every call.',
      ),
      loop: z.enum(['open', 'closed']).describe('Whether calls start at times of their own or when answers come.'),
      arrivals: z.string().describe('Rate and shape, or the number of callers.'),
      deadlineMs: ms.describe('Of every call.'),
      warmupMs: ms.describe('Calls did not count for so long.'),
      seed: count.describe('Random seed.'),
      retries: z.literal(false).describe('A failed attempt is a failed call.'),
      ...setUp,
      command: z.string().describe('The command line, without values of headers and passwords.'),
    })
    .describe('What must be known to judge the figures.'),
  identifier: z
    .object({
      by: z.string().describe('As after `--identify`.'),
      found: z.boolean().describe('By itself, from the answers.'),
      why: z.string().describe('Why by this, in a few words.'),
    })
    .describe('How it is known who answered.'),
  backends: z
    .object({
      expected: count.nullable().describe('That ought to answer; null: unknown.'),
      source: z
        .enum(['flag', 'dns', 'endpointslices', 'xds', 'target', 'answers'])
        .describe('Where that number is from.'),
      matched: z
        .enum(['name', 'address', 'count'])
        .describe(
          'How those that answered were compared with those that ought to: by their names, by the addresses that they answered at, or only by their number.',
        ),
      reached: count.describe('Of those that ought to answer, or where they are not known of all: that answered.'),
      silent: z.array(z.string()).describe('That ought to answer and did not, by name or address.'),
      unexpected: z.array(z.string()).describe('That answered and ought not to.'),
      list: z.array(backend).describe('Those that answered or failed a call, in the order of their names.'),
    })
    .describe('Who answered the counted calls.'),
  calls: count.describe('Counted calls that were made.'),
  warmupCalls: count.describe('Calls before those that count.'),
  otherCalls: z
    .object({
      samples: count.describe('To find out who answers.'),
      reflection: z.boolean().describe('Whether the server was asked to describe the method.'),
    })
    .describe('What else was asked of the target.'),
  failed: count.describe('Calls that got no answer or an error.'),
  failures: byName.describe('The same by status.'),
  notSent: count.describe(
    'Calls that were due and never left this program, beside those that were made; `saturation` says why.',
  ),
  inFlight: count.describe('Calls that were under way when the run was ended early: neither answered nor failed.'),
  errors: z.record(z.string(), z.string()).describe('The first error of each status, in its own words.'),
  ratePerSecond: z
    .object({
      intended: z.number().nullable().describe('Null: closed loop.'),
      achieved: z.number().describe('Calls that were begun and sent; never more than intended.'),
    })
    .describe('Calls a second.'),
  latencyMs,
  latencyOfAllMs,
  saturation: z
    .object({
      by: z.enum(['generator', 'target']).nullable().describe('What could not keep up; null: nothing.'),
      busy: z.number().describe("Share of the time that this program's event loop was busy, 0 to 1."),
      latestMs: ms.describe('Latest that a call was begun after its time because this program was busy.'),
      note: z.string().describe('In a sentence; empty where all is well.'),
    })
    .describe('Whether the figures are of the target or of what measured it.'),
  verdict: z.enum(verdicts).describe('How even; by the rule of docs/report.md.'),
  judgedFromMs: ms.describe('Calls from here on were judged: after the last change of backends.'),
  maxSpread: count.describe('Most minus fewest calls of a backend; 0 or 1 is as even as whole calls can be.'),
  pValue: z.number().nullable().describe('Chance of shares at least so uneven if each call chose at random.'),
  smallestSkewFound: z
    .number()
    .nullable()
    .describe('How much more than its share a backend must get for so many calls to show it in nine of ten runs.'),
  why: z.string().describe('The cause of what was seen, in one line.'),
  do: z.string().describe('What to do about it, in one line.'),
  changes: z.array(change).describe('Backends that came and went during the run, as far as the target tells.'),
  convergedMs: ms.nullable().describe('The slowest of `changes` to be followed; null: none, or one not at all.'),
  seconds: z.array(second).describe('The run second by second.'),
  gate: z
    .array(
      z.object({
        expectation: z.string().describe('What was expected.'),
        met: z.boolean().describe('Whether it was so.'),
        seen: z.string().describe('What was seen.'),
      }),
    )
    .nullable()
    .describe('Expectations; null: none were given.'),
  interrupted: z.boolean().describe('The run was ended early; the figures are of what was measured by then.'),
});

export type ProbeReport = z.infer<typeof probeReportSchema>;
