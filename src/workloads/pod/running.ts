import type { ServerSettings } from '../common-options.ts';
import { startAdmin } from './admin.ts';
import type { Pod } from './pod.ts';
import type { RunCount } from './run-ledger.ts';
import type { RunningServer } from './running-server.ts';

/** A workload that listens. */
export interface RunningWorkload {
  readonly workload: string;
  readonly pod: string;
  readonly addresses: Readonly<Partial<Record<'grpc' | 'http' | 'admin', string>>>;
  /** Not ready any more, as probes and health checks see it; calls are still answered. */
  drain(): void;
  /** Ends the listeners; the admin server last, so that it can be asked to the end. Idempotent. */
  stop(graceMs: number): Promise<boolean>;
  /** Calls by run, so far. */
  counts(): Record<string, RunCount>;
  /** Rejects when a part that the workload cannot do without ends by itself. */
  readonly failed?: Promise<never>;
}

interface Parts {
  readonly grpc?: RunningServer | undefined;
  readonly http?: RunningServer | undefined;
  /** Ends clients and the like, after the listeners. */
  readonly close?: () => Promise<void> | void;
  readonly failed?: Promise<never>;
}

/**
 * Starts the listeners, then the admin server beside them; what was started is stopped again if one of them fails.
 *
 * @throws EvenkeelError `EK_PORT_IN_USE`
 */
export async function runWorkload(
  pod: Pod,
  settings: ServerSettings,
  start: { readonly [K in 'grpc' | 'http']?: () => Promise<RunningServer> } & Omit<Parts, 'grpc' | 'http'>,
): Promise<RunningWorkload> {
  const running: Record<string, RunningServer> = {};
  const listeners = { grpc: start.grpc, http: start.http, admin: () => startAdmin(pod, settings) };
  try {
    for (const [name, listen] of Object.entries(listeners)) {
      if (listen !== undefined) running[name] = await listen();
    }
  } catch (error) {
    await Promise.all(Object.values(running).map((server) => server.stop(0)));
    await start.close?.();
    throw error;
  }
  const { admin, ...servers } = running;
  let stopped: Promise<boolean> | undefined;
  const stop = async (graceMs: number): Promise<boolean> => {
    const finished = await Promise.all(Object.values(servers).map((server) => server.stop(graceMs)));
    await start.close?.();
    await admin!.stop(0);
    return finished.every((clean) => clean);
  };
  return {
    workload: pod.workload,
    pod: pod.name,
    addresses: Object.fromEntries(Object.entries(running).map(([name, { address }]) => [name, address])),
    drain: () => pod.condition.drain(),
    counts: () => pod.ledger.counts(),
    stop(graceMs) {
      pod.condition.drain();
      stopped ??= stop(graceMs);
      return stopped;
    },
    ...(start.failed === undefined ? {} : { failed: start.failed }),
  };
}
