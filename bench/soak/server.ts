import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { atExit } from '../../interop/driver/at-exit.ts';
import { serveNodeFlags } from '../../src/cli/serve-memory.ts';
import { LiveHeap } from './live-heap.ts';

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

/** `evenkeel serve` as a process that is looked at from outside. */
export class Server {
  readonly xds: string;
  readonly tls: string;
  readonly #admin: string;
  readonly #child;
  readonly #heap: LiveHeap;
  readonly #ended: Promise<string>;

  private constructor(
    child: ReturnType<typeof spawn>,
    ended: Promise<string>,
    heap: LiveHeap,
    { xds, tls, admin }: { xds: string; tls: string; admin: string },
  ) {
    this.#child = child;
    this.#ended = ended;
    this.#heap = heap;
    this.xds = xds;
    this.tls = tls;
    this.#admin = admin;
  }

  /** Resolves once it is ready. */
  static async start(args: readonly string[], logFile: string): Promise<Server> {
    const flags = ['--inspect=127.0.0.1:0', ...serveNodeFlags];
    const child = spawn(process.execPath, [...flags, main, 'serve', '--json', ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, EVENKEEL_LOG: 'warn' },
    });
    child.stderr.pipe(createWriteStream(logFile));
    const callOff = atExit(() => child.kill('SIGKILL'));
    const listening = Promise.withResolvers<{ xds: string; tls: string; admin: string }>();
    const ready = Promise.withResolvers<void>();
    const inspector = Promise.withResolvers<string>();
    createInterface({ input: child.stderr }).on('line', (line) => {
      const url = /^Debugger listening on (\S+)$/.exec(line)?.[1];
      if (url !== undefined) inspector.resolve(url);
    });
    createInterface({ input: child.stdout }).on('line', (line) => {
      const event = JSON.parse(line);
      if (event.event === 'listening') listening.resolve(event);
      if (event.event === 'ready') ready.resolve();
    });
    const ended = once(child, 'exit').then(
      ([code, signal]) => `the server ended with ${code ?? signal}; see ${logFile}`,
    );
    void ended.then((how) => {
      callOff();
      const error = new Error(how);
      listening.reject(error);
      ready.reject(error);
      inspector.reject(error);
    });
    const [url, addresses] = await Promise.all([inspector.promise, listening.promise, ready.promise]);
    return new Server(child, ended, await LiveHeap.connect(url), addresses);
  }

  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /**
   * How it ended by itself, or undefined where it did not. Waits a second, since its sockets and its inspector are gone
   * shortly before its end is known.
   */
  async death(): Promise<string | undefined> {
    const patience = new AbortController();
    try {
      return await Promise.race([this.#ended, setTimeout(1_000, undefined, { signal: patience.signal })]);
    } finally {
      patience.abort();
    }
  }

  async residentBytes(): Promise<number> {
    const status = await readFile(`/proc/${this.#child.pid}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) * 1024;
  }

  /** Held after a full collection, which this makes. */
  liveBytes(): Promise<number> {
    return this.#heap.bytes();
  }

  async openFiles(): Promise<number> {
    return (await readdir(`/proc/${this.#child.pid}/fd`)).length;
  }

  /** Sum of a metric over all its labels, or over those in which `label` is written. */
  async metric(name: string, label = ''): Promise<number> {
    const text = await (await fetch(`http://${this.#admin}/metrics`, { headers: { connection: 'close' } })).text();
    const values = text.matchAll(new RegExp(`^${name}(?:\\{[^}]*${label}[^}]*\\})? (\\S+)$`, 'gm'));
    return [...values].reduce((sum, [, value]) => sum + Number(value), 0);
  }

  async stop(): Promise<void> {
    this.#heap.close();
    if (!this.running) return;
    this.#child.kill('SIGTERM');
    await this.#ended;
  }
}
