import { once } from 'node:events';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EvenkeelError } from '../../base/errors.ts';
import { type Connected, forkWorker } from '../../probe/client/start-client.ts';
import type { FleetCall, FleetConfig, FleetConnection, FleetMessage, FleetOrder } from './protocol.ts';

const fileOf = (name: string): string =>
  fileURLToPath(new URL(`./${name}${extname(import.meta.url)}`, import.meta.url));
const stderrTailBytes = 4096;

/** A process with clients of a fleet, which ends with this one. Its methods reject once that process has ended. */
export class FleetProcess {
  /** Known once it has stopped, of a fleet that keeps streams. */
  connections: readonly FleetConnection[] = [];
  readonly #heard: (calls: readonly FleetCall[]) => void;
  readonly #connected: Connected<FleetOrder>;
  readonly #ended = Promise.withResolvers<never>();
  readonly #opened = Promise.withResolvers<void>();
  readonly #streaming = Promise.withResolvers<void>();
  readonly #stopped = Promise.withResolvers<void>();
  #stderr = '';

  /**
   * Starts the process and connects all clients.
   *
   * @param heard - called with calls that have ended
   * @throws EvenkeelError `EK_PROBE_NO_ANSWER`, `EK_PROBE_CLIENT`
   */
  static async open(
    config: FleetConfig,
    heard: (calls: readonly FleetCall[]) => void,
    signal: AbortSignal,
  ): Promise<FleetProcess> {
    signal.throwIfAborted();
    const fleet = new FleetProcess(config, heard);
    const abort = (): void => void fleet.close();
    signal.addEventListener('abort', abort, { once: true });
    try {
      await fleet.#orEnd(fleet.#opened.promise);
    } catch (thrown) {
      signal.removeEventListener('abort', abort);
      await fleet.close();
      throw thrown;
    }
    return fleet;
  }

  private constructor(config: FleetConfig, heard: (calls: readonly FleetCall[]) => void) {
    this.#heard = heard;
    const bootstrap = config.clients.find((client) => client.bootstrap !== undefined)?.bootstrap;
    // Nobody goes by the one of the environment, but where xDS is asked for there has to be one.
    const env: Record<string, string> =
      bootstrap === undefined ? {} : { GRPC_XDS_BOOTSTRAP_CONFIG: JSON.stringify(bootstrap) };
    const file = fileOf(config.streams === undefined ? 'worker' : 'streams-worker');
    this.#connected = forkWorker<FleetOrder, FleetMessage>(file, env, (message) => this.#receive(message));
    const { child } = this.#connected;
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-stderrTailBytes);
    });
    child.once('error', (cause) => this.#fail(`could not be started: ${cause.message}`));
    child.once('close', (code, killed) => this.#fail(`ended with ${killed ?? `exit code ${code}`}`));
    for (const { promise } of [this.#ended, this.#opened]) promise.catch(() => {});
    this.#connected.send({ type: 'open', config });
  }

  /** All clients begin to call. */
  start(): void {
    this.#connected.send({ type: 'start' });
  }

  /** Resolves once every stream of a fleet that keeps streams is open; after {@link start}. */
  streaming(): Promise<void> {
    return this.#orEnd(this.#streaming.promise);
  }

  /** Begins no more calls; resolves once all calls were heard. */
  stop(): Promise<void> {
    this.#connected.send({ type: 'stop' });
    return this.#orEnd(this.#stopped.promise);
  }

  /** Ends the process; resolves once it is gone. */
  async close(): Promise<void> {
    const { child } = this.#connected;
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const closed = once(child, 'close');
    child.kill('SIGKILL');
    await closed;
  }

  #orEnd<T>(promise: Promise<T>): Promise<T> {
    return Promise.race([promise, this.#ended.promise]);
  }

  #receive(message: FleetMessage): void {
    if (message.type === 'calls') this.#heard(message.calls);
    else if (message.type === 'streaming') this.#streaming.resolve();
    else if (message.type === 'stopped') {
      this.connections = message.connections ?? [];
      this.#stopped.resolve();
    } else if (message.error === undefined) this.#opened.resolve();
    else this.#opened.reject(new EvenkeelError('EK_PROBE_NO_ANSWER', `a client could not connect: ${message.error}`));
  }

  #fail(what: string): void {
    const said = this.#stderr.trim();
    this.#ended.reject(
      new EvenkeelError('EK_PROBE_CLIENT', `the client process ${what}${said === '' ? '' : `; it said: ${said}`}`),
    );
  }
}
