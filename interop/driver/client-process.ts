import { createInterface } from 'node:readline';
import { Child } from './child.ts';
import { Load } from './load.ts';
import type { Tally } from './tally.ts';

/** How a client program is started. */
export interface Launch {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** One line that a client program writes. */
interface ClientEvent extends Partial<Tally> {
  readonly id?: number;
  readonly event: 'ready' | 'tally' | 'done' | 'error';
  /** Name and version, with `ready`. */
  readonly client?: string;
  /** `HOST:PORT` of the client's CSDS, with `ready`. */
  readonly csds?: string;
  readonly message?: string;
}

/** How calls are made where it is not as in every case: without wait-for-ready, with a deadline of a second. */
export interface CallOptions {
  readonly waitForReady?: boolean;
  readonly deadlineMs?: number;
}

/** The slowest start seen is a JVM on a busy machine. */
const startTimeoutMs = 60_000;

/** A client under test: a program that is told on standard input what to call and says who answered. */
export class ClientProcess {
  /** Name and version as the program itself says. */
  readonly client: string;
  /** `HOST:PORT` where it shows its own xDS state; undefined for a plain client. */
  readonly csds: string | undefined;
  readonly #child: Child;
  readonly #receivers: Map<number, (event: ClientEvent) => void>;
  #lastId = 0;

  private constructor(child: Child, ready: ClientEvent, receivers: Map<number, (event: ClientEvent) => void>) {
    this.#child = child;
    this.client = ready.client ?? child.name;
    this.csds = ready.csds;
    this.#receivers = receivers;
  }

  /** @throws Error with the program's last words if it does not get ready */
  static async start(name: string, { command, args, env }: Launch): Promise<ClientProcess> {
    const child = new Child(name, command, args, env);
    const receivers = new Map<number, (event: ClientEvent) => void>();
    const ready = new Promise<ClientEvent>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('was not ready in time')), startTimeoutMs);
      createInterface({ input: child.process.stdout }).on('line', (line) => {
        // What a program was writing when it was ended.
        if (!line.endsWith('}')) return;
        const event = JSON.parse(line) as ClientEvent;
        clearTimeout(timer);
        if (event.event === 'ready') resolve(event);
        else if (event.id !== undefined) receivers.get(event.id)?.(event);
      });
      void child.ended.then((how) => {
        clearTimeout(timer);
        reject(new Error(how));
      });
    });
    try {
      return new ClientProcess(child, await ready, receivers);
    } catch (cause) {
      await child.stop();
      throw new Error(`${name} ${(cause as Error).message}\n${child.lastWords}`, { cause });
    }
  }

  /** Opens channels without calling, as a program does that warms its channels up. */
  async connect(targets: readonly string[]): Promise<void> {
    await this.#request({ cmd: 'connect', targets });
  }

  /** `count` calls to each target, one after the other. */
  call(targets: readonly string[], count: number, run: string, options: CallOptions = {}): Promise<Tally> {
    return this.#request({ cmd: 'call', targets, count, run, ...options });
  }

  /** Calls at a constant rate until stopped, the targets in turn. */
  load(targets: readonly string[], ratePerSecond: number, run: string, options: CallOptions = {}): Load {
    const id = ++this.#lastId;
    const load = new Load(() => this.#send({ id, cmd: 'stop' }));
    this.#receivers.set(id, (event) => load.update(tallyOf(event), event.event === 'done'));
    void this.#child.ended.then((how) => load.broke(new Error(`${this.#child.name} ${how}\n${this.lastWords}`)));
    this.#send({ id, cmd: 'load', targets, ratePerSecond, run, ...options });
    return load;
  }

  get lastWords(): string {
    return this.#child.lastWords;
  }

  async quit(): Promise<void> {
    this.#child.process.stdin.end();
    await this.#child.stop();
  }

  #request(command: object): Promise<Tally> {
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      const failed = (why: string) => reject(new Error(`${this.#child.name} ${why}\n${this.lastWords}`));
      this.#receivers.set(id, (event) => {
        this.#receivers.delete(id);
        if (event.event === 'error') failed(event.message ?? '');
        else resolve(tallyOf(event));
      });
      void this.#child.ended.then(failed);
      this.#send({ id, ...command });
    });
  }

  #send(command: object): void {
    this.#child.process.stdin.write(`${JSON.stringify(command)}\n`);
  }
}

function tallyOf({ backends = {}, failures = {} }: ClientEvent): Tally {
  return { backends, failures };
}
