import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

/** Between two questions whether Envoy is ready: it tells nobody by itself. */
const pollIntervalMs = 50;

/** A real Envoy. */
export class EnvoyProcess {
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;
  #output = '';
  #over = false;

  /** @param file - where its bootstrap is written to */
  static async start(binary: string, file: string, bootstrap: object): Promise<EnvoyProcess> {
    await writeFile(file, JSON.stringify(bootstrap));
    return new EnvoyProcess(binary, file);
  }

  private constructor(binary: string, file: string) {
    // One worker: each has a round robin of its own.
    const args = ['-c', file, '--concurrency', '1', '--disable-hot-restart', '--log-level', 'warn'];
    this.#child = spawn(binary, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.#child.stdout!, this.#child.stderr!]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.#output += text;
      });
    }
    this.#exited = once(this.#child, 'close').finally(() => {
      this.#over = true;
    });
  }

  /** Everything that it wrote: warnings and errors. */
  get output(): string {
    return this.#output;
  }

  /**
   * Resolves once it takes calls.
   *
   * @param admin - `HOST:PORT` of its admin server
   */
  async ready(admin: string): Promise<void> {
    while (!this.#over) {
      const response = await fetch(`http://${admin}/ready`).catch(() => undefined);
      if (response?.ok) return;
      await delay(pollIntervalMs);
    }
    throw new Error(`Envoy ended:\n${this.#output}`);
  }

  async stop(): Promise<void> {
    if (!this.#over) this.#child.kill('SIGKILL');
    await this.#exited;
  }
}
