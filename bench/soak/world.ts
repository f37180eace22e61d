import { rename, writeFile } from 'node:fs/promises';
import { Backend } from '../../interop/fixture/backend.ts';

/** Services whose endpoints exist on paper only: they change, and nobody calls them. */
const paperServices = 200;
const paperEndpoints = 5;
/** Of the Service that is called. */
const backends = 4;
/** How long a backend answers after it was told to go: what Kubernetes gives a pod, and longer than any change is under way. */
const drainMs = 30_000;
/** Backends that are leaving at the same time, so that a machine that stands still does not collect them. */
const mostLeaving = 6;

export const calledService = 'be1-srv';

/** Everything that discovery by file sees, and the backends that really answer. */
export class World {
  readonly #file: string;
  readonly #port: number;
  readonly #network: string;
  readonly #backends: { readonly backend: Backend; readonly address: string; terminating: boolean }[] = [];
  readonly #generations = new Array<number>(paperServices).fill(0);
  readonly #writtenAt = new Map<string, number>();
  readonly #leaving = new Set<Promise<void>>();
  #lastBackend = 0;
  /** Changes that were written. */
  changes = 0;
  /** Backends that went. */
  deaths = 0;

  constructor(file: string, port: number) {
    this.#file = file;
    this.#port = port;
    // A network of its own, so that two soaks do not take each other's addresses.
    this.#network = `127.${100 + (process.pid % 100)}`;
  }

  async start(): Promise<void> {
    for (let number = 0; number < backends; number++) await this.#addBackend();
    await this.#write();
  }

  /** Name of a cluster that changes. */
  static cluster(number: number): string {
    return `default/paper-${number}:80`;
  }

  static get clusters(): number {
    return paperServices;
  }

  /** How many backends are there that are not leaving. */
  static get backends(): number {
    return backends;
  }

  /** Its newest state; every address of it has this as its last byte. */
  generation(number: number): number {
    return this.#generations[number]! % 250;
  }

  /** Of its endpoints. */
  addresses(number: number): string[] {
    return Array.from({ length: paperEndpoints }, (_, index) => `10.${number}.${index}.${this.generation(number)}`);
  }

  /** When the newest state was written, on the clock of `performance.now()`. */
  writtenAt(cluster: string): number | undefined {
    return this.#writtenAt.get(cluster);
  }

  /** One change: another Service gets other endpoints. */
  async change(): Promise<void> {
    const number = Math.floor(Math.random() * paperServices);
    this.#generations[number]! += 1;
    this.changes += 1;
    this.#writtenAt.set(World.cluster(number), performance.now());
    await this.#write();
  }

  /** A backend comes, and one goes as pods do: it is marked, answers for a while, then says goodbye. */
  async replaceBackend(): Promise<void> {
    if (this.#leaving.size >= mostLeaving) return;
    await this.#addBackend();
    const oldest = this.#backends.find(({ terminating }) => !terminating)!;
    oldest.terminating = true;
    await this.#write();
    this.deaths += 1;
    const gone = oldest.backend.drain(drainMs).then(async () => {
      this.#backends.splice(this.#backends.indexOf(oldest), 1);
      await this.#write();
    });
    this.#leaving.add(gone);
    void gone.then(() => this.#leaving.delete(gone));
  }

  /** Resolves once every backend that was told to go has gone. */
  async calm(): Promise<void> {
    await Promise.all(this.#leaving);
  }

  async stop(): Promise<void> {
    await this.calm();
    await Promise.all(this.#backends.map(({ backend }) => backend.drain(0)));
  }

  async #addBackend(): Promise<void> {
    this.#lastBackend += 1;
    const number = this.#lastBackend;
    const backend = new Backend(`be1-${number}`);
    const address = `${this.#network}.${1 + (Math.floor(number / 200) % 200)}.${1 + (number % 200)}`;
    await backend.listen(address, this.#port);
    this.#backends.push({ backend, address, terminating: false });
  }

  /** Written beside and renamed, so that it is seen whole. Written one after the other, so that the newest stays. */
  async #write(): Promise<void> {
    this.#writing = this.#writing.then(async () => {
      await writeFile(`${this.#file}.new`, JSON.stringify(this.#document()));
      await rename(`${this.#file}.new`, this.#file);
    });
    await this.#writing;
  }

  #writing: Promise<void> = Promise.resolve();

  #document(): object {
    const paper = this.#generations.map((_, number) => ({
      name: `paper-${number}`,
      ports: [{ name: 'grpc', port: 80 }],
      endpoints: this.addresses(number).map((address) => ({ address })),
    }));
    const called = {
      name: calledService,
      ports: [{ name: 'grpc', port: this.#port }],
      endpoints: this.#backends.map(({ backend, address, terminating }) => ({
        address,
        pod: backend.pod,
        terminating,
      })),
      healthCheck: { protocol: 'grpc', grpcService: 'echo.EchoServer' },
    };
    return { apiVersion: 'evenkeel.dev/v1', kind: 'Endpoints', services: [called, ...paper] };
  }
}
