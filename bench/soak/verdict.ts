/** What the server held at one moment. */
export interface Sample {
  /** Since the start of the soak. */
  readonly atMs: number;
  /** Memory that the system counts for the process. */
  readonly residentBytes: number;
  /** Descriptors: sockets, files, watches. */
  readonly openFiles: number;
  readonly streams: number;
}

/** What was left at one moment of all that the server had made, after a full collection. */
export interface HeapSample {
  /** Since the start of the soak. */
  readonly atMs: number;
  readonly liveBytes: number;
}

/** What has to be so at the end. */
export interface SoakOutcome {
  readonly samples: readonly Sample[];
  readonly heap: readonly HeapSample[];
  readonly failedCalls: number;
  readonly calls: number;
  /** Clients that called, and never had an answer. */
  readonly unanswered: number;
  /** After the last client has gone. */
  readonly after: { readonly streams: number; readonly openFiles: number };
  /** Before the first client came. */
  readonly before: { readonly openFiles: number };
  /** Names whose newest state a client that was there all the time does not have. */
  readonly stale: number;
  /** Responses that a client rejected. */
  readonly nacks: number;
}

/** What is flat may differ by this share, and by a number of bytes, from the second quarter of the soak to the last. */
const flatShare = 0.1;
/** Callers and guests that happen to be there make this difference. */
const spareLiveBytes = 4 * 1024 * 1024;
const spareResidentBytes = 16 * 1024 * 1024;
/** Node takes memory until its heap has its working size; from a soak of this length on the second quarter is after that. */
const residentFlatFromMs = 20 * 60_000;
/** What the chart grants a pod. */
export const mostResidentBytes = 512 * 1024 * 1024;
/** Descriptors that may be left beside those that there were: a scrape that is under way, a file that is being read. */
const spareFiles = 4;

/** The middle value; of an even number the lower one. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)] ?? 0;
}

/** Medians of the four quarters of the soak. */
export function byQuarter<S extends { readonly atMs: number }>(
  samples: readonly S[],
  of: (sample: S) => number,
): number[] {
  const end = samples.at(-1)?.atMs ?? 0;
  return [0, 1, 2, 3].map((quarter) =>
    median(samples.filter(({ atMs }) => atMs >= (end * quarter) / 4 && atMs <= (end * (quarter + 1)) / 4).map(of)),
  );
}

/** Why this has risen, or nothing where it is flat. In the first quarter the clients come. */
function rise(name: string, [, second = 0, , last = 0]: readonly number[], spareBytes: number): string[] {
  if (second === 0) return [`${name} was not seen in the second quarter: the machine was too busy to tell`];
  const allowed = second * (1 + flatShare) + spareBytes;
  if (last <= allowed) return [];
  return [`${name} rose from ${mb(second)} to ${mb(last)}; up to ${mb(allowed)} counts as flat`];
}

function mb(bytes: number): string {
  return `${Math.round(bytes / 1024 / 1024)} MB`;
}

/** What of memory is not as it has to be. */
function memoryProblems(samples: readonly Sample[], heap: readonly HeapSample[]): string[] {
  const live = byQuarter(heap, (sample) => sample.liveBytes);
  const problems = rise('live memory', live, spareLiveBytes);
  const resident = byQuarter(samples, (sample) => sample.residentBytes);
  const lastedMs = samples.at(-1)?.atMs ?? 0;
  if (lastedMs >= residentFlatFromMs) problems.push(...rise('resident memory', resident, spareResidentBytes));
  const most = Math.max(0, ...samples.map((sample) => sample.residentBytes));
  if (most > mostResidentBytes) {
    problems.push(`resident memory was ${mb(most)}; the chart grants ${mb(mostResidentBytes)}`);
  }
  return problems;
}

/** What is not as it has to be; empty where the soak was passed. */
export function problemsOf({
  samples,
  heap,
  failedCalls,
  calls,
  unanswered,
  after,
  before,
  stale,
  nacks,
}: SoakOutcome): string[] {
  const problems = memoryProblems(samples, heap);
  if (calls === 0) problems.push('no call was made');
  if (failedCalls > 0) problems.push(`${failedCalls} of ${calls} calls failed`);
  if (unanswered > 0) problems.push(`${unanswered} clients never had an answer`);
  if (after.streams > 0) problems.push(`${after.streams} streams were left when every client had gone`);
  if (after.openFiles > before.openFiles + spareFiles) {
    problems.push(`${after.openFiles} descriptors were left of ${before.openFiles} before the first client`);
  }
  if (stale > 0) problems.push(`${stale} names were not at their newest state at the end`);
  if (nacks > 0) problems.push(`${nacks} responses were rejected`);
  return problems;
}
