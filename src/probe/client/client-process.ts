import { once } from 'node:events';
import { EvenkeelError } from '../../base/errors.ts';
import type { CallRecord } from '../../verdict/call-record.ts';
import type { ClientConfig, Message, Order, RunEnd, RunOrder } from './protocol.ts';
import { type Connected, startGo, startNode } from './start-client.ts';

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
 * The process that makes the calls of one scheme. It ends with its parent, however that ends (what connects them closes).
 *
 * Every method rejects with `EK_PROBE_CLIENT` once the process has ended, by itself or by `close`.
 */
export class ClientProcess {
  readonly #connected: Connected;
  readonly #configured = Promise.withResolvers<void>();
  readonly #ended = Promise.withResolvers<never>();
  #opened: PromiseWithResolvers<string | undefined> | undefined;
  #pending: Pending | undefined;
  #stderr = '';
  #closing = false;

  /**
   * Starts the process and lets it load what it needs; it connects to nothing before `open`.
   *
   * @param goClient - path of the grpc-go client ({@link import('./find-go-client.ts').findGoClient}), in place of the
   *   clients of Node
   */
  constructor(config: ClientConfig, env: Readonly<Record<string, string>> = {}, goClient?: string) {
    const receive = (message: Message): void => this.#receive(message);
    this.#connected = goClient === undefined ? startNode(env, receive) : startGo(goClient, env, receive);
    const { child } = this.#connected;
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-stderrTailBytes);
    });
    child.once('error', (cause) => this.#fail(`could not be started: ${cause.message}`));
    child.once('close', (code, signal) => this.#fail(`ended with ${signal ?? `exit code ${code}`}`));
    // Whoever awaits a method sees the failure; without one there is nobody to tell.
    this.#ended.promise.catch(() => {});
    this.#send({ type: 'configure', config });
  }

  /** Undefined where the process could not be started. */
  get pid(): number | undefined {
    return this.#connected.child.pid;
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
    // Nobody answers any more: whoever waits would wait for ever, and Node end with 13.
    this.#ended.reject(new EvenkeelError('EK_PROBE_CLIENT', 'the client process was closed'));
    const { child } = this.#connected;
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const closed = once(child, 'close');
    // Not disconnect(): after that Node never says `close`, and handles are left when `exit` comes.
    this.#send({ type: 'end' });
    const impatience = setTimeout(() => child.kill('SIGKILL'), closeWithinMs);
    await closed;
    clearTimeout(impatience);
  }

  #orEnd<T>(promise: Promise<T>): Promise<T> {
    return Promise.race([promise, this.#ended.promise]);
  }

  #send(order: Order): void {
    this.#connected.send(order);
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
