import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { SystemReady } from '../../src/environments/systems/run-system.ts';

const main = resolve(import.meta.dirname, '..', '..', 'src/cli/main.ts');

/** `evenkeel lab --system X --json` as a process, in a folder of its own so that it is the only lab in there. */
export class SystemProcess {
  readonly ready: SystemReady;
  readonly #child: ChildProcess;
  readonly #folder: string;
  readonly #env: NodeJS.ProcessEnv;

  /**
   * @param own - environment beside this process's
   * @param flags - further ones of the command
   */
  static async start(
    system: string,
    own: Readonly<Record<string, string>> = {},
    flags: readonly string[] = [],
  ): Promise<SystemProcess> {
    const folder = mkdtempSync(join(tmpdir(), 'ek-'));
    const env = {
      ...process.env,
      NO_COLOR: '1',
      NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? join(tmpdir(), 'node-compile-cache'),
      TMPDIR: folder,
      ...own,
    };
    const child = spawn(process.execPath, [main, 'lab', '--system', system, '--json', ...flags], {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stderr = '';
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    const [line] = await Promise.race([
      once(createInterface({ input: child.stdout }), 'line'),
      once(child, 'close').then(() => []),
    ]);
    if (line === undefined) {
      rmSync(folder, { recursive: true, force: true });
      throw new Error(`system ${system} did not start: ${stderr}`);
    }
    return new SystemProcess(child, folder, env, JSON.parse(line) as SystemReady);
  }

  /** Use {@link SystemProcess.start}. */
  private constructor(child: ChildProcess, folder: string, env: NodeJS.ProcessEnv, ready: SystemReady) {
    this.#child = child;
    this.#folder = folder;
    this.ready = ready;
    this.#env = { ...env, ...ready.addresses };
  }

  /** Runs a command of a page in a shell that has the system's addresses; what it prints. */
  async run(command: string): Promise<string> {
    const script = `set -e\nevenkeel() { '${process.execPath}' '${main}' "$@"; }\n${command}`;
    const shell = spawn('/bin/sh', ['-c', script], { env: this.#env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    let errors = '';
    shell.stdout.on('data', (chunk) => {
      output += chunk;
    });
    shell.stderr.on('data', (chunk) => {
      errors += chunk;
    });
    const [code] = await once(shell, 'close');
    if (code !== 0) throw new Error(`exit code ${code}:\n${command}\n${output}\n${errors}`);
    return output;
  }

  /** As Ctrl-C does. @returns its exit code */
  async stop(): Promise<number | null> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      this.#child.kill('SIGINT');
      await once(this.#child, 'close');
    }
    rmSync(this.#folder, { recursive: true, force: true });
    return this.#child.exitCode;
  }
}
