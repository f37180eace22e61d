import { longestPauseMs } from '../load/closed-loop.ts';
import type { LoadResult } from '../load/run-load.ts';
import { formatMs } from './duration.ts';
import type { ProbeReport } from './report.ts';

/** How much of the intended rate must be achieved for a run to count as what was asked for. */
export const enoughOfRate = 0.99;
/** A generator that is busy for this much of the time has none left to measure with. */
const mostBusy = 0.9;
/** Calls begun later than this are worth a word. */
const mostLateMs = 100;
/** Of all calls; where fewer had to wait in this program it does not show in the 99th percentile. */
const fewHeld = 0.01;
/** Of all calls; where callers waited less often it does not show in the rate. */
const fewPauses = 0.01;

type Saturation = ProbeReport['saturation'];
type Result = Pick<LoadResult, 'intendedRate' | 'achievedRate' | 'saturation'> & {
  readonly recorder: Pick<LoadResult['recorder'], 'calls' | 'held'>;
};

/**
 * Whether the target or this program could not keep up; pure.
 *
 * @param streamWaits - calls that waited inside of the client for a stream, where it does not say which
 */
export function saturationOf(result: Result, streamWaits = 0): Saturation {
  const { busy, latestMs } = result.saturation;
  const base = { busy: Math.round(busy * 1000) / 1000, latestMs: Math.round(latestMs * 100) / 100 };
  return { ...base, ...shortage(result, streamWaits) };
}

/** The first of these that holds: it explains those after it. */
function shortage(
  { intendedRate, achievedRate, saturation, recorder }: Result,
  streamWaits: number,
): Pick<Saturation, 'by' | 'note'> {
  const { busy, latestMs, heldBack, pauses } = saturation;
  const { held, calls } = recorder;
  const short = intendedRate !== null && achievedRate < intendedRate * enoughOfRate;
  if (busy >= mostBusy && (short || intendedRate === null || latestMs > mostLateMs)) {
    return {
      by: 'generator',
      note: `this program was busy for ${Math.round(busy * 100)} % of the time: rate and latencies are its own, not the target's`,
    };
  }
  if (held.notSent > 0) {
    const all = held.notSent + calls;
    return {
      by: held.for === 'connection' ? 'generator' : 'target',
      note: `${held.notSent} of ${all} calls never left this program and are no failures of the target: ${waitedFor(held.for)}`,
    };
  }
  if (held.calls > calls * fewHeld) {
    return {
      by: held.for === 'connection' ? 'generator' : 'target',
      note: `${held.calls} of ${calls} calls waited in this program, up to ${formatMs(held.longestMs)}, which counts in their latency: ${waitedFor(held.for)}`,
    };
  }
  if (streamWaits > calls * fewHeld) {
    return {
      by: 'target',
      note: `${streamWaits} calls, with the warm-up, waited in this program, which counts in their latency and may have cost them their deadline: ${waitedFor('stream')}`,
    };
  }
  if (short) {
    return heldBack
      ? { by: 'target', note: 'the target did not answer as fast as calls were due, and too many were in flight' }
      : { by: 'generator', note: 'calls could not be begun when they were due' };
  }
  if (pauses > calls * fewPauses) {
    return {
      by: 'target',
      note: `callers waited ${pauses} times, up to ${longestPauseMs} ms, after a call that had failed: the rate is lower for it`,
    };
  }
  if (latestMs > mostLateMs) {
    const note = `this program once began calls ${formatMs(latestMs)} late; their latency says so`;
    return { by: 'generator', note };
  }
  return { by: null, note: '' };
}

function waitedFor(what: LoadResult['recorder']['held']['for']): string {
  switch (what) {
    case 'stream':
      return 'the server takes no more calls at a time on a connection (SETTINGS_MAX_CONCURRENT_STREAMS); more --connections take more';
    case 'window':
      return 'the server took no more bytes (flow control)';
    default:
      return 'every connection was taken; allow more with --connections, or use --new-connections';
  }
}
