import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type EnvoyBootstrapOptions, envoyBootstrap } from '../envoy/bootstrap.ts';
import { Child } from './child.ts';

const startTimeoutMs = 60_000;
const pollIntervalMs = 50;

/** A real Envoy that gets routes, clusters and endpoints from the control plane. */
export class EnvoyProcess {
  /** `HOST:PORT` of its admin server. */
  readonly admin: string;
  /** `HOST:PORT` of the listener, by Service. */
  readonly listeners: ReadonlyMap<string, string>;
  /** For example `1.40.0`. */
  readonly version: string;
  readonly #child: Child;

  private constructor(child: Child, admin: string, listeners: ReadonlyMap<string, string>, version: string) {
    this.#child = child;
    this.admin = admin;
    this.listeners = listeners;
    this.version = version;
  }

  /**
   * Resolves once it takes calls.
   *
   * @param folder - for its bootstrap and its log
   * @throws Error with its last words if it does not start
   */
  static async start(binary: string, folder: string, options: EnvoyBootstrapOptions): Promise<EnvoyProcess> {
    const file = join(folder, `${options.nodeId}.json`);
    const adminFile = join(folder, `${options.nodeId}.admin`);
    await writeFile(file, JSON.stringify(envoyBootstrap(options)));
    const child = new Child(options.nodeId, binary, [
      ...['--config-path', file, '--admin-address-path', adminFile],
      // One worker: each has a round robin of its own, and a connection stays with the worker that took it.
      ...['--concurrency', '1', '--use-dynamic-base-id', '--log-level', 'warning'],
    ]);
    try {
      const admin = await until(child, async () => (existsSync(adminFile) ? readFile(adminFile, 'utf8') : undefined));
      await until(child, async () => ((await fetch(`http://${admin}/ready`)).ok ? true : undefined));
      const info = (await (await fetch(`http://${admin}/server_info`)).json()) as { version: string };
      return new EnvoyProcess(child, admin, await listenersOf(admin), info.version.split('/')[1] ?? info.version);
    } catch (cause) {
      await child.stop();
      throw new Error(`${options.nodeId}: ${(cause as Error).message}\n${child.lastWords}`, { cause });
    }
  }

  stop(): Promise<void> {
    return this.#child.stop();
  }
}

async function until<T>(child: Child, attempt: () => Promise<T | undefined>): Promise<T> {
  const deadline = performance.now() + startTimeoutMs;
  while (child.running && performance.now() < deadline) {
    const result = await attempt().catch(() => undefined);
    if (result !== undefined && result !== '') return result;
    await new Promise((resolve) => setTimeout(resolve, pollIntervalMs));
  }
  throw new Error(child.running ? 'was not ready in time' : await child.ended);
}

interface Listeners {
  readonly listener_statuses: readonly {
    readonly name: string;
    readonly local_address: { readonly socket_address: { readonly address: string; readonly port_value: number } };
  }[];
}

async function listenersOf(admin: string): Promise<ReadonlyMap<string, string>> {
  const { listener_statuses } = (await (await fetch(`http://${admin}/listeners?format=json`)).json()) as Listeners;
  return new Map(
    listener_statuses.map(({ name, local_address: { socket_address } }) => [
      name,
      `${socket_address.address}:${socket_address.port_value}`,
    ]),
  );
}
