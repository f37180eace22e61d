import type { ChildProcess } from 'node:child_process';
import { messageOf } from '../base/errors.ts';
import type { OutputRing } from './output-ring.ts';
import type { Reaper } from './reaper.ts';
import type { ProcessExit } from './records.ts';

/** How long after its end a process's output is waited for. */
const lastWordMs = 500;

export interface PodProcessOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Record<string, string>;
  readonly output: OutputRing;
  readonly reaper: Reaper;
}

/** One run of a pod's program, in a process group of its own. */
export class PodProcess {
  readonly pid: number | undefined;
  /** Resolves once the process is gone; never rejects. */
  readonly exited: Promise<ProcessExit>;
  readonly #child: ChildProcess;

  constructor({ command, args, env, output, reaper }: PodProcessOptions) {
    const child = reaper.spawn(command, args, { env });
    this.#child = child;
    this.pid = child.pid;
    // Out of file descriptors, Node hands back a child without streams.
    child.stdout?.on('data', (chunk: Buffer) => output.write(chunk));
    child.stderr?.on('data', (chunk: Buffer) => output.write(chunk));

    const { promise, resolve } = Promise.withResolvers<ProcessExit>();
    this.exited = promise;
    child.once('error', (error) => {
      if (child.pid !== undefined) return;
      output.write(`cannot start ${command}: ${messageOf(error)}\n`);
      resolve({ code: 127, signal: undefined });
    });
    child.once('exit', (code, signal) => {
      // Whatever the program started goes with it, as in a container whose first process ends.
      this.#killGroup();
      if (child.pid !== undefined) reaper.remove(child.pid);
      const exit = { code: code ?? undefined, signal: signal ?? undefined };
      // The last word of a pod belongs to it; what fled from its group may hold the pipe, but not for ever.
      const timer = setTimeout(() => resolve(exit), lastWordMs);
      child.once('close', () => {
        clearTimeout(timer);
        resolve(exit);
      });
    });
  }

  /** SIGKILL goes to the whole group, anything else to the program alone, as in a container. */
  signal(signal: NodeJS.Signals): void {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    if (signal === 'SIGKILL') this.#killGroup();
    else this.#child.kill(signal);
  }

  #killGroup(): void {
    if (this.pid === undefined) return;
    try {
      process.kill(-this.pid, 'SIGKILL');
    } catch {
      // The group is gone already.
    }
  }
}
