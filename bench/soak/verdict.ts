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

/** What has to be so at the end. */
export interface SoakOutcome {
  readonly samples: readonly Sample[];
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

/** Memory may rise by this share, and by this many bytes, from the second quarter of the soak to the last. */
export const memoryShare = 0.1;
export const memoryBytes = 16 * 1024 * 1024;
/** Descriptors that may be left beside those that there were: a scrape that is under way, a file that is being read. */
export const spareFiles = 4;

/** The middle value; of an even number the lower one. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)] ?? 0;
}

/** Medians of resident memory in the four quarters. In the first one the heap still grows to its working size. */
export function memoryByQuarter(samples: readonly Sample[]): number[] {
  const end = samples.at(-1)?.atMs ?? 0;
  return [0, 1, 2, 3].map((quarter) =>
    median(
      samples
        .filter(({ atMs }) => atMs >= (end * quarter) / 4 && atMs <= (end * (quarter + 1)) / 4)
        .map(({ residentBytes }) => residentBytes),
    ),
  );
}

/** What is not as it has to be; empty where the soak was passed. */
export function problemsOf({
  samples,
  failedCalls,
  calls,
  unanswered,
  after,
  before,
  stale,
  nacks,
}: SoakOutcome): string[] {
  const problems: string[] = [];
  const [, second = 0, , last = 0] = memoryByQuarter(samples);
  const allowed = second * (1 + memoryShare) + memoryBytes;
  const mb = (bytes: number) => `${Math.round(bytes / 1024 / 1024)} MB`;
  if (last > allowed)
    problems.push(`memory rose from ${mb(second)} to ${mb(last)}; up to ${mb(allowed)} counts as flat`);
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
