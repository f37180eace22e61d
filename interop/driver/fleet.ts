import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { FleetAnswer, FleetCommand } from '../fixture/messages.ts';

type WithoutId<C> = C extends unknown ? Omit<C, 'id'> : never;

/** The process that holds the backends. */
export class Fleet {
  readonly #process: ChildProcess;
  readonly #waiting = new Map<number, PromiseWithResolvers<FleetAnswer['result']>>();
  #lastId = 0;

  constructor() {
    this.#process = fork(fileURLToPath(new URL('../fixture/fleet.ts', import.meta.url)), { stdio: 'inherit' });
    this.#process.on('message', ({ id, result, error }: FleetAnswer) => {
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error === undefined) waiting?.resolve(result);
      else waiting?.reject(new Error(error));
    });
    this.#process.once('exit', (code, signal) => {
      for (const { reject } of this.#waiting.values()) reject(new Error(`the backends ended (${signal ?? code})`));
      this.#waiting.clear();
    });
  }

  /** Resolves with the bound port. */
  async start(pod: string, address: string, port: number): Promise<number> {
    return (await this.#ask({ do: 'start', pod, address, port })) as number;
  }

  async setServing(pod: string, serving: boolean): Promise<void> {
    await this.#ask({ do: 'serving', pod, serving });
  }

  /** Resolves once the backend has gone. */
  async drain(pod: string, drainMs: number): Promise<void> {
    await this.#ask({ do: 'drain', pod, drainMs });
  }

  /** Calls that the backends themselves counted for a run, by pod. */
  async counts(run: string): Promise<Readonly<Record<string, number>>> {
    return (await this.#ask({ do: 'counts', run })) as Record<string, number>;
  }

  /** The longest time in milliseconds that the backends were not let run, since this was last asked. */
  async stallMs(): Promise<number> {
    return (await this.#ask({ do: 'stall' })) as number;
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const ended = new Promise((resolve) => this.#process.once('exit', resolve));
    this.#process.disconnect();
    await ended;
  }

  #ask(command: WithoutId<FleetCommand>): Promise<FleetAnswer['result']> {
    const id = ++this.#lastId;
    const waiting = Promise.withResolvers<FleetAnswer['result']>();
    this.#waiting.set(id, waiting);
    this.#process.send({ id, ...command });
    return waiting.promise;
  }
}
