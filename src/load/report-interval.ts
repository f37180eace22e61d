/**
 * CPU that hearing reports may take, of a core: what is left of a tenth by larger assignments, which are sent at each change
 * (docs/load.md). A client is asked for half, so that the fleet may double.
 */
const mostOfCore = 0.07;
const aimOfCore = mostOfCore / 2;
/** CPU of one report and of each locality in it, milliseconds, at least; docs/load.md says how it was measured. */
const reportMs = 0.15;
const localityMs = 0.001;
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
  /** CPU that a report was measured to take here, milliseconds; 0: none was. */
  readonly measuredMs: number;
}

/**
 * How often a client that opens its stream is to report, milliseconds: once a second, or as much less often as keeps all
 * reports within half of {@link mostOfCore}. Whole seconds, so that clients of about the same age report at the same
 * interval.
 */
export function reportIntervalMs(hearing: Hearing): number {
  return Math.ceil(neededMs(hearing, aimOfCore) / 1_000) * 1_000;
}

/**
 * Whether a client reports so often that, were all clients like it, hearing them took more than {@link mostOfCore}. Where none
 * does, hearing takes less, whenever clients came.
 */
export function reportsTooOften(intervalMs: number, hearing: Hearing): boolean {
  return intervalMs < neededMs(hearing, mostOfCore);
}

/** CPU that one report takes, milliseconds. */
export function hearingMs({ localitiesPerReport, isEnvoy, measuredMs }: Omit<Hearing, 'streams'>): number {
  return Math.max(measuredMs, (isEnvoy ? envoyReportMs : reportMs) + localitiesPerReport * localityMs);
}

function neededMs(hearing: Hearing, share: number): number {
  const least = hearing.isEnvoy ? 10 * minMs : minMs;
  return Math.min(maxMs, Math.max(least, (hearing.streams * hearingMs(hearing)) / share));
}
