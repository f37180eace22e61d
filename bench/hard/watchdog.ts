import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

/** Bytes of an input that can be told. */
const maxInputBytes = 8 * 1024 * 1024;

/** What a thread tries, where the one that watches it can see it also while that does not end. */
export class Progress {
  readonly shared: SharedArrayBuffer;
  /** How many inputs were begun; bytes of the name and of the input. */
  readonly #numbers: Int32Array;
  readonly #bytes: Buffer;

  /** @param shared - of the other thread's; default: new */
  constructor(shared: SharedArrayBuffer = new SharedArrayBuffer(16 + maxInputBytes)) {
    this.shared = shared;
    this.#numbers = new Int32Array(shared, 0, 3);
    this.#bytes = Buffer.from(shared, 16);
  }

  /** To be called before an input is tried. */
  begin(name: string, input: Uint8Array): void {
    this.#numbers[1] = this.#bytes.write(name);
    this.#bytes.set(input.subarray(0, this.#bytes.length - this.#numbers[1]), this.#numbers[1]);
    this.#numbers[2] = Math.min(input.length, this.#bytes.length - this.#numbers[1]);
    Atomics.add(this.#numbers, 0, 1);
  }

  /** How many were begun. */
  get count(): number {
    return Atomics.load(this.#numbers, 0);
  }

  /** The last that was begun. */
  get current(): { readonly name: string; readonly input: Buffer } {
    const [, name, input] = this.#numbers as unknown as [number, number, number];
    return {
      name: this.#bytes.toString('utf8', 0, name),
      input: Buffer.from(this.#bytes.subarray(name, name + input)),
    };
  }
}

export interface WatchOptions {
  /** Milliseconds without a new input after which the thread is ended. Default 30,000. */
  readonly patienceMs?: number;
  /** Told of the input that did not end. */
  hung(name: string, input: Buffer): void;
}

/**
 * Runs a script in a thread of its own, and ends it where an input does not: a loop without end lets nothing else run in its thread.
 *
 * @param script - a file whose `workerData` is `{ progress, data }`; it makes a {@link Progress} of `progress`
 * @param data - what else it needs
 * @returns its exit code; 1 where an input did not end, or where it threw
 */
export async function watch(
  script: string,
  data: unknown,
  { patienceMs = 30_000, hung }: WatchOptions,
): Promise<number> {
  const progress = new Progress();
  const worker = new Worker(script, { workerData: { progress: progress.shared, data } });
  let isHung = false;
  // Until the first input begins it is the thread that does.
  let last = 0;
  const timer = setInterval(() => {
    if (progress.count > 0 && progress.count === last && !isHung) {
      isHung = true;
      const { name, input } = progress.current;
      hung(name, input);
      void worker.terminate();
    }
    last = progress.count;
  }, patienceMs);
  try {
    const [code] = (await once(worker, 'exit')) as [number];
    return isHung ? 1 : code;
  } catch (error) {
    console.error(error);
    return 1;
  } finally {
    clearInterval(timer);
  }
}
