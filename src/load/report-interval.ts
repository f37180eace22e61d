/** CPU that hearing reports may take: a tenth of a core. */
const shareOfCore = 0.1;
/** CPU of one report and of each locality in it, milliseconds; docs/load.md says how it was measured. */
const reportMs = 0.1;
const localityMs = 0.0015;
/** An Envoy says in each report who it is, in some 60 kB. */
const envoyReportMs = 1;
const minMs = 1_000;
const maxMs = 60_000;

/** What there is to hear. */
export interface Hearing {
  /** Streams of reports that are open, the new one included. */
  readonly streams: number;
  /** Localities in a report, on average. */
  readonly localitiesPerReport: number;
  readonly isEnvoy: boolean;
}

/**
 * How often a client that opens its stream is to report, milliseconds: once a second, or as much less often as keeps all
 * reports within {@link shareOfCore}. Whole seconds, so that clients of about the same age report at the same interval.
 */
export function reportIntervalMs({ streams, localitiesPerReport, isEnvoy }: Hearing): number {
  const each = (isEnvoy ? envoyReportMs : reportMs) + localitiesPerReport * localityMs;
  const needed = (streams * each) / shareOfCore;
  const least = isEnvoy ? 10 * minMs : minMs;
  return Math.min(maxMs, Math.max(least, Math.ceil(needed / 1_000) * 1_000));
}
