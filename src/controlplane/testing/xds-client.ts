import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** Sent to the client process. */
export interface CallOrder {
  readonly id: number;
  /** What stands behind `xds:///`. */
  readonly name: string;
  /** JSON of a client beside others in the process; absent: that of the process. */
  readonly bootstrap?: string | undefined;
}

/** Sent by the client process. */
export interface CallDone {
  readonly id: number;
  /** Name of the backend that answered. */
  readonly backend?: string;
  readonly error?: string;
}

class ClientProcess {
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;
  readonly #pending = new Map<number, (done: CallDone) => void>();
  #calls = 0;

  constructor(bootstrap: object) {
    this.#child = fork(fileURLToPath(new URL('xds-client-main.ts', import.meta.url)), {
      env: { PATH: process.env.PATH ?? '', GRPC_XDS_BOOTSTRAP_CONFIG: JSON.stringify(bootstrap) },
    });
    this.#exited = once(this.#child, 'exit');
    this.#child.on('message', (done: CallDone) => {
      this.#pending.get(done.id)?.(done);
      this.#pending.delete(done.id);
    });
    this.#child.on('exit', () => {
      for (const [id, settle] of this.#pending) settle({ id, error: 'the client process has ended' });
    });
  }

  call(order: Omit<CallOrder, 'id'>): Promise<CallDone> {
    const id = this.#calls++;
    return new Promise<CallDone>((resolve) => {
      this.#pending.set(id, resolve);
      this.#child.send({ id, ...order } satisfies CallOrder);
    });
  }

  async close(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#exited;
  }
}

/**
 * A real gRPC client (grpc-js-xds) in a process of its own, or beside others in one: it keeps its stream to the control plane
 * until the process ends.
 */
export class XdsClient {
  readonly #process: ClientProcess;
  readonly #bootstrap: string | undefined;

  /** @param beside - in whose process it is another client, with a stream of its own, and ends when that one ends */
  constructor(bootstrap: object, beside?: XdsClient) {
    this.#process = beside === undefined ? new ClientProcess(bootstrap) : beside.#process;
    this.#bootstrap = beside && JSON.stringify(bootstrap);
  }

  /** Makes one call; resolves with the name of the backend that answered. */
  async call(name: string): Promise<string> {
    const { backend, error } = await this.#process.call({ name, bootstrap: this.#bootstrap });
    if (backend === undefined) throw new Error(`call to ${name} failed: ${error}`);
    return backend;
  }

  /** Makes calls one after the other; resolves with how many each backend answered. */
  async calls(name: string, count: number): Promise<Map<string, number>> {
    const answered = new Map<string, number>();
    for (let made = 0; made < count; made++) {
      const backend = await this.call(name);
      answered.set(backend, (answered.get(backend) ?? 0) + 1);
    }
    return answered;
  }

  /**
   * Calls until all of these backends, and no other, have answered the last calls.
   *
   * This is how a change is awaited: there is no event for "the client has it", so the client is asked.
   */
  async callUntil(name: string, backends: readonly string[]): Promise<void> {
    const wanted = new Set(backends);
    while (new Set((await this.calls(name, 10 * wanted.size)).keys()).symmetricDifference(wanted).size > 0);
  }

  /** Ends its process, and all clients in it. */
  async close(): Promise<void> {
    await this.#process.close();
  }
}
