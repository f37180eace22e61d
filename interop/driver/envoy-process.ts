import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Child } from './child.ts';

const startTimeoutMs = 60_000;
const pollIntervalMs = 50;

/** A real Envoy. */
export class EnvoyProcess {
  /** `HOST:PORT` of its admin server. */
  readonly admin: string;
  /** For example `1.40.0`. */
  readonly version: string;
  readonly #child: Child;

  private constructor(child: Child, admin: string, version: string) {
    this.#child = child;
    this.admin = admin;
    this.version = version;
  }

  /**
   * Resolves once it takes calls.
   *
   * @param folder - for its bootstrap
   * @param bootstrap - with admin port 0: it tells by a file which one it got
   * @throws Error with its last words if it does not start
   */
  static async start(binary: string, folder: string, name: string, bootstrap: object): Promise<EnvoyProcess> {
    const file = join(folder, `${name}.json`);
    const adminFile = join(folder, `${name}.admin`);
    await writeFile(file, JSON.stringify(bootstrap));
    const child = new Child(name, binary, [
      ...['--config-path', file, '--admin-address-path', adminFile],
      // One worker: each has a round robin of its own, and a connection stays with the worker that took it.
      ...['--concurrency', '1', '--use-dynamic-base-id', '--log-level', 'warning'],
    ]);
    try {
      const admin = await until(child, async () => (existsSync(adminFile) ? readFile(adminFile, 'utf8') : ''));
      await until(child, async () => ((await fetch(`http://${admin}/ready`)).ok ? 'ready' : ''));
      const info = (await (await fetch(`http://${admin}/server_info`)).json()) as { readonly version: string };
      return new EnvoyProcess(child, admin, info.version.split('/')[1] ?? info.version);
    } catch (cause) {
      await child.stop();
      throw new Error(`${name}: ${(cause as Error).message}\n${child.lastWords}`, { cause });
    }
  }

  stop(): Promise<void> {
    return this.#child.stop();
  }
}

/** Repeats an attempt until it gives a text that is not empty. */
async function until(child: Child, attempt: () => Promise<string>): Promise<string> {
  const deadline = performance.now() + startTimeoutMs;
  while (child.running && performance.now() < deadline) {
    const result = await attempt().catch(() => '');
    if (result !== '') return result;
    await new Promise((resolve) => setTimeout(resolve, pollIntervalMs));
  }
  throw new Error(child.running ? 'was not ready in time' : await child.ended);
}
