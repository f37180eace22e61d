import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EvenkeelError } from '../../base/errors.ts';
import type { CallRecord, ClientConfig, Message, Order, RunEnd, RunOrder } from './protocol.ts';

/** The build turns .ts into .js; the worker lies beside this file in both. */
const workerFile = fileURLToPath(new URL(`./worker${extname(import.meta.url)}`, import.meta.url));

const stderrTailBytes = 4096;
/** How long a client may take to end by itself when it is closed. */
const closeWithinMs = 2000;

/** A finished run, every call in the order of its end. */
export interface RunResult extends RunEnd {
  readonly records: readonly CallRecord[];
}

/** A run under way. */
export interface ActiveRun {
  /** Every record that has arrived so far; grows. */
  readonly records: readonly CallRecord[];
  readonly result: Promise<RunResult>;
  stop(): void;
}

interface Pending {
  readonly run: string;
  readonly records: CallRecord[];
  readonly onCalls: (calls: readonly CallRecord[]) => void;
  readonly settled: PromiseWithResolvers<RunResult>;
}

/**
 * The process that makes the calls of one scheme. It ends with its parent, however that ends (the IPC channel closes).
 *
 * Every method rejects with `EK_PROBE_CLIENT` once the process has ended by itself.
 */
export class ClientProcess {
  readonly #child: ChildProcess;
  readonly #configured = Promise.withResolvers<void>();
  readonly #ended = Promise.withResolvers<never>();
  #opened: PromiseWithResolvers<string | undefined> | undefined;
  #pending: Pending | undefined;
  #stderr = '';
  #closing = false;

  /** Starts the process and lets it load what it needs; it connects to nothing before `open`. */
  constructor(config: ClientConfig, env: Readonly<Record<string, string>> = {}) {
    this.#child = fork(workerFile, [], {
      env: { ...process.env, ...env },
      execArgv: [],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      // A session of its own: Linux shares the processor between sessions (sched(7), "The autogroup feature"), and a client
      // that shares one with everything else in its terminal would measure that, not the way of calling.
      detached: true,
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-stderrTailBytes);
    });
    this.#child.on('message', (message) => this.#receive(message as Message));
    this.#child.once('error', (cause) => this.#fail(`could not be started: ${cause.message}`));
    this.#child.once('close', (code, signal) => this.#fail(`ended with ${signal ?? `exit code ${code}`}`));
    // Whoever awaits a method sees the failure; without one there is nobody to tell.
    this.#ended.promise.catch(() => {});
    this.#send({ type: 'configure', config });
  }

  /** Undefined where the process could not be started. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Resolves once modules are loaded. */
  configured(): Promise<void> {
    return this.#orEnd(this.#configured.promise);
  }

  /**
   * Connects a new client in place of the old one.
   *
   * @returns why it is not connected after `withinMs`, or undefined
   */
  open(withinMs: number): Promise<string | undefined> {
    this.#opened = Promise.withResolvers();
    this.#send({ type: 'open', withinMs });
    return this.#orEnd(this.#opened.promise);
  }

  /** Begins a run; a process makes one at a time. */
  run(order: RunOrder, onCalls: (calls: readonly CallRecord[]) => void = () => {}): ActiveRun {
    const pending: Pending = { run: order.run, records: [], onCalls, settled: Promise.withResolvers() };
    this.#pending = pending;
    this.#send({ type: 'run', order });
    const result = this.#orEnd(pending.settled.promise);
    // The result may be awaited only after other work; until then its failure is not unhandled.
    result.catch(() => {});
    return { records: pending.records, result, stop: () => this.#send({ type: 'stop' }) };
  }

  /** Ends the process and resolves once it is gone. */
  async close(): Promise<void> {
    this.#closing = true;
    if (this.#child.pid === undefined || this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const closed = once(this.#child, 'close');
    // Not disconnect(): after that Node never says `close`, and handles are left when `exit` comes.
    this.#send({ type: 'end' });
    const impatience = setTimeout(() => this.#child.kill('SIGKILL'), closeWithinMs);
    await closed;
    clearTimeout(impatience);
  }

  #orEnd<T>(promise: Promise<T>): Promise<T> {
    return Promise.race([promise, this.#ended.promise]);
  }

  #send(order: Order): void {
    if (this.#child.connected) this.#child.send(order, () => {});
  }

  #receive(message: Message): void {
    if (message.type === 'configured') this.#configured.resolve();
    else if (message.type === 'opened') this.#opened?.resolve(message.error);
    else if (message.type === 'calls') {
      this.#pending?.records.push(...message.calls);
      this.#pending?.onCalls(message.calls);
    } else if (this.#pending?.run === message.end.run) {
      this.#pending.settled.resolve({ ...message.end, records: this.#pending.records });
      this.#pending = undefined;
    }
  }

  #fail(what: string): void {
    if (this.#closing) return;
    const said = this.#stderr.trim();
    this.#ended.reject(
      new EvenkeelError('EK_PROBE_CLIENT', `the client process ${what}${said === '' ? '' : `; it said: ${said}`}`),
    );
  }
}
