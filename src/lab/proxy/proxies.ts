import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { EndpointView } from '../endpoints.ts';
import type { Reaper } from '../reaper.ts';
import { RestartBackoff } from '../restart-backoff.ts';
import type { Endpoints, ProxyPort, Reply, Request } from './messages.ts';

/** The build turns .ts into .js; the process lies beside this file in both. */
const processFile = fileURLToPath(new URL(`./process${extname(import.meta.url)}`, import.meta.url));

/** How long it may take to end by itself. */
const closeWithinMs = 2000;

interface Pending {
  readonly request: Request;
  readonly settled: PromiseWithResolvers<void>;
}

/**
 * The Service proxies of a lab, in a process of their own, as kube-proxy is none of the pods' and none of the API server's.
 *
 * The reason is who gets the processor. Linux shares it between *sessions* (sched(7), "The autogroup feature"), and every
 * pod is one: were the proxies part of the lab, they would have one share together with the probe, its clients and
 * whatever else was started in that terminal, against a share for each pod that is just starting. Calls through a
 * ClusterIP then take hundreds of milliseconds while pods come, which no cluster does.
 *
 * Started with the first proxy; started again, with the same proxies, if it ends by itself. Connections are lost then.
 */
export class Proxies {
  readonly #seed: number;
  readonly #reaper: Reaper;
  readonly #backoff = new RestartBackoff();
  /** By the id that opened them. */
  readonly #open = new Map<number, ProxyPort>();
  readonly #pending = new Map<number, Pending>();
  #child: ChildProcess | undefined;
  #endpoints: Endpoints = { type: 'endpoints', endpoints: {} };
  #nextId = 1;
  #restart: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(seed: number, reaper: Reaper) {
    this.#seed = seed;
    this.#reaper = reaper;
  }

  /** Undefined while there is no process. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Listens. @returns what {@link close} takes @throws what the system says, EACCES and EADDRINUSE among it */
  async open(port: ProxyPort): Promise<number> {
    const id = this.#nextId;
    await this.#ask({ id, type: 'open', port });
    this.#open.set(id, port);
    return id;
  }

  async close(id: number): Promise<void> {
    this.#open.delete(id);
    await this.#ask({ id: this.#nextId, type: 'close', proxy: id });
  }

  /** From now on these are behind the Services. */
  publish(view: EndpointView): void {
    const endpoints = Object.fromEntries(Array.from(view, ([key, service]) => [key, service.endpoints]));
    this.#endpoints = { type: 'endpoints', endpoints };
    this.#send(this.#endpoints);
  }

  /** Resolves once the proxies know what was published by now. */
  async synced(): Promise<void> {
    if (this.#open.size > 0) await this.#ask({ id: this.#nextId, type: 'sync' });
  }

  /** Ends all of them. */
  async end(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#restart);
    for (const { settled } of this.#pending.values()) settled.resolve();
    const child = this.#child;
    if (child === undefined) return;
    const exited = once(child, 'exit');
    const impatience = setTimeout(() => child.kill('SIGKILL'), closeWithinMs);
    if (child.connected) child.disconnect();
    await exited;
    clearTimeout(impatience);
  }

  #ask(request: Request): Promise<void> {
    this.#nextId += 1;
    if (this.#closed) return Promise.resolve();
    const settled = Promise.withResolvers<void>();
    this.#pending.set(request.id, { request, settled });
    if (this.#child === undefined && this.#restart === undefined) this.#start();
    else this.#send(request);
    return settled.promise;
  }

  /** Starts the process and tells it everything: what it should hold, and what it was asked for and did not answer. */
  #start(): void {
    this.#restart = undefined;
    const startedAt = performance.now();
    const child = fork(processFile, [String(this.#seed)], {
      execArgv: [],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      // A session of its own, and a process that Ctrl-C leaves to the lab.
      detached: true,
    });
    this.#child = child;
    const { pid } = child;
    if (pid !== undefined) this.#reaper.add(pid);
    child.on('message', (reply: Reply) => this.#settle(reply));
    child.once('error', () => this.#ended(child, performance.now() - startedAt));
    child.once('exit', () => {
      if (pid !== undefined) this.#reaper.remove(pid);
      this.#ended(child, performance.now() - startedAt);
    });
    this.#send(this.#endpoints);
    for (const [id, port] of this.#open) this.#send({ id, type: 'open', port });
    for (const { request } of this.#pending.values()) this.#send(request);
  }

  #ended(child: ChildProcess, ranMs: number): void {
    if (this.#child !== child) return;
    this.#child = undefined;
    if (!this.#closed) this.#restart = setTimeout(() => this.#start(), this.#backoff.next(ranMs));
  }

  #settle({ id, error }: Reply): void {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    if (error === undefined) pending?.settled.resolve();
    else pending?.settled.reject(Object.assign(new Error(error.message), { code: error.code }));
  }

  #send(message: Request | Endpoints): void {
    // What cannot be sent to a process that is just ending is said to the next.
    if (this.#child?.connected === true) this.#child.send(message, () => {});
  }
}
