import { setTimeout as delay } from 'node:timers/promises';
import { terminationSignal } from '../../base/shutdown.ts';
import type { ServerSettings } from '../common-options.ts';
import type { RunningWorkload } from './running.ts';

/** The line that says a workload listens; the first of two that a server prints on standard output. */
function readyLine({ workload, pod, addresses }: RunningWorkload): string {
  return JSON.stringify({ event: 'listening', workload, pod, ...addresses });
}

/** A workload's last word: what it counted, for whoever checks calls that were made until its end. */
function endedLine({ workload, pod, counts }: RunningWorkload): string {
  return JSON.stringify({ event: 'ended', workload, pod, runs: counts() });
}

/**
 * Runs until SIGTERM or SIGINT and then goes away as a pod should (Kubernetes, "Termination of Pods": the signal and the
 * change of the endpoints run side by side): not ready, still answering for `drainMs`, then GOAWAY, then calls in flight
 * finish within `graceMs`. A second signal ends the process at once.
 */
export async function serveUntilStopped(
  running: RunningWorkload,
  { drainMs, graceMs }: Pick<ServerSettings, 'drainMs' | 'graceMs'>,
): Promise<void> {
  const signal = terminationSignal();
  console.log(readyLine(running));
  try {
    await (running.failed === undefined ? signal : Promise.race([signal, running.failed]));
  } catch (error) {
    await running.stop(0);
    throw error;
  }
  running.drain();
  await delay(drainMs);
  const clean = await running.stop(graceMs);
  console.log(endedLine(running));
  if (!clean) console.error(`${running.workload}: calls were still in flight after ${graceMs} ms and were cut`);
}

/** Runs a workload that only calls, until SIGTERM or SIGINT or its own end. */
export async function callUntilStopped(call: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const stopped = new AbortController();
  void terminationSignal().then(() => stopped.abort());
  await call(stopped.signal);
}
