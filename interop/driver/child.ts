import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { atExit } from './at-exit.ts';

/** As much of a program's last words as an error message should carry. */
const keptBytes = 8 * 1024;

/** A program that the driver starts, and ends by its own process id. */
export class Child {
  readonly name: string;
  readonly process: ChildProcessByStdio<Writable, Readable, Readable>;
  /** Resolves once the program has ended, with how. */
  readonly ended: Promise<string>;
  running = true;
  #stderr = '';

  constructor(name: string, command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) {
    this.name = name;
    this.process = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, ...env } });
    this.process.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-keptBytes);
    });
    // Commands to a program that is gone are lost; that it is gone is told by `ended`.
    this.process.stdin.on('error', () => {});
    this.ended = new Promise((resolve) => {
      this.process.once('error', (error) => resolve(`could not be started: ${error.message}`));
      this.process.once('exit', (code, signal) => resolve(`ended with ${signal ?? `exit code ${code}`}`));
    });
    const callOff = atExit(() => this.process.kill('SIGKILL'));
    void this.ended.then(() => {
      this.running = false;
      callOff();
    });
  }

  /** The last of what it wrote to standard error. */
  get lastWords(): string {
    return this.#stderr.trim();
  }

  signal(signal: NodeJS.Signals): void {
    this.process.kill(signal);
  }

  /** SIGTERM, and SIGKILL to what does not heed it. */
  async stop(graceMs = 3000): Promise<void> {
    if (!this.running) return;
    this.signal('SIGTERM');
    const timer = setTimeout(() => this.signal('SIGKILL'), graceMs);
    await this.ended;
    clearTimeout(timer);
  }
}
