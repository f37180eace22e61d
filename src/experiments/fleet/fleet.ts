import { toEvenkeelError } from '../../base/errors.ts';
import { FleetProcess } from './fleet-process.ts';
import type { FleetCall, FleetConfig, FleetConnection } from './protocol.ts';

/**
 * Clients of a process. grpc-js shares connections within one, and a connection takes 100 streams: one of each client for what it asks, one
 * for what it reports, and some to spare.
 */
const clientsPerProcess = 40;

/** Why there is no fleet. */
export interface NoFleet {
  readonly status: 'skipped' | 'error';
  readonly reason: string;
}

const connectWithinMs = 120_000;

/** A fleet whose clients are connected, or why there is none. */
export function openFleet(config: Omit<FleetConfig, 'withinMs'>, signal: AbortSignal): Promise<Fleet | NoFleet> {
  return Fleet.open({ ...config, withinMs: connectWithinMs }, signal).catch((thrown): NoFleet => {
    const { code, message } = toEvenkeelError(thrown);
    return { status: 'error', reason: `${code}: ${message}` };
  });
}

/** Many real clients of grpc-js in processes that end with this one. Its methods reject once one of them has ended. */
export class Fleet {
  /** Every call that has ended so far; grows. */
  readonly calls: FleetCall[] = [];
  #processes: readonly FleetProcess[] = [];

  /** Starts the processes and connects all clients. @throws EvenkeelError `EK_PROBE_NO_ANSWER`, `EK_PROBE_CLIENT` */
  static async open(config: FleetConfig, signal: AbortSignal): Promise<Fleet> {
    const fleet = new Fleet();
    const starts = Array.from(
      { length: Math.ceil(config.clients.length / clientsPerProcess) },
      (_, index) => index * clientsPerProcess,
    );
    const opened = await Promise.allSettled(
      starts.map((first) => {
        const clients = config.clients.slice(first, first + clientsPerProcess);
        const heard = (calls: readonly FleetCall[]): void => {
          fleet.calls.push(...calls.map((call) => ({ ...call, client: first + call.client })));
        };
        return FleetProcess.open({ ...config, clients }, heard, signal);
      }),
    );
    fleet.#processes = opened.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    const failed = opened.find((one) => one.status === 'rejected');
    if (failed === undefined) return fleet;
    await fleet.close();
    throw failed.reason;
  }

  /** Known once it has stopped, of a fleet that keeps streams. */
  get connections(): readonly FleetConnection[] {
    return this.#processes.flatMap(({ connections }) => connections);
  }

  /** All clients begin to call. */
  start(): void {
    for (const one of this.#processes) one.start();
  }

  /** Resolves once every stream of a fleet that keeps streams is open; after {@link start}. */
  async streaming(): Promise<void> {
    await Promise.all(this.#processes.map((one) => one.streaming()));
  }

  /** Begins no more calls; resolves once {@link calls} are all. */
  async stop(): Promise<void> {
    await Promise.all(this.#processes.map((one) => one.stop()));
  }

  /** Ends the processes; resolves once they are gone. */
  async close(): Promise<void> {
    await Promise.all(this.#processes.map((one) => one.close()));
  }
}
