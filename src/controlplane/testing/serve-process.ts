import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../../cli/main.ts', import.meta.url));

/** `evenkeel serve --json` as a process of its own, for tests. */
export class ServeProcess {
  /** The exit code, or the signal that ended it. */
  readonly exited: Promise<number | NodeJS.Signals>;
  readonly #child;
  readonly #lines: string[] = [];
  readonly #waiting = new Set<() => void>();
  #over = false;

  constructor(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
    const { PATH = '', HOME = '' } = process.env;
    const child = spawn(process.execPath, [main, 'serve', '--json', ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH, HOME, ...env },
    });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => {
        this.#lines.push(line);
        this.#wake();
      });
    }
    this.exited = once(child, 'close').then(([code, signal]) => {
      this.#over = true;
      this.#wake();
      return (code ?? signal) as number | NodeJS.Signals;
    });
  }

  get pid(): number {
    return this.#child.pid!;
  }

  /** Everything it has said so far, on standard output and standard error. */
  get output(): string {
    return this.#lines.join('\n');
  }

  /** Resolves with the first line, said already or to come, that has `text` in it. */
  async line(text: string): Promise<string> {
    for (let next = 0; ; ) {
      for (; next < this.#lines.length; next++) if (this.#lines[next]!.includes(text)) return this.#lines[next]!;
      if (this.#over) throw new Error(`it ended without saying "${text}":\n${this.output}`);
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }

  /** Where it listens. */
  async listening(): Promise<{ readonly xds: string; readonly tls: string; readonly admin: string }> {
    return JSON.parse(await this.line('"event":"listening"')) as { xds: string; tls: string; admin: string };
  }

  async ready(): Promise<void> {
    await this.line('"event":"ready"');
  }

  /** Sends a signal that does not end it. */
  signal(signal: 'SIGSTOP' | 'SIGCONT' | 'SIGHUP'): void {
    this.#child.kill(signal);
  }

  /** Sends a signal and waits for the end; does nothing to a process that has ended. */
  async end(signal: NodeJS.Signals): Promise<number | NodeJS.Signals> {
    if (!this.#over) this.#child.kill(signal);
    return this.exited;
  }

  #wake(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }
}
