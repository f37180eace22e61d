import { randomInt } from 'node:crypto';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Fleet } from './fleet.ts';

/**
 * From SIGTERM to GOAWAY, the time in which clients learn that a pod goes. Real pods take longer (a preStop sleep of
 * 5 to 15 s is usual), so this is the harder case.
 */
const drainMs = 2000;

export interface Pod {
  readonly name: string;
  readonly service: string;
  readonly address: string;
  terminating: boolean;
}

/** Services and their pods: real gRPC servers, told to the control plane by an endpoint file. */
export class Cluster {
  /** Path of the endpoint file (ARCHITECTURE.md). */
  readonly endpointFile: string;
  readonly #fleet = new Fleet();
  // Two octets at random keep runs apart that share a machine.
  readonly #prefix = `127.${randomInt(64, 250)}.${randomInt(1, 250)}`;
  readonly #services = new Set<string>();
  readonly #pods = new Map<string, Pod>();
  readonly #draining = new Set<Promise<void>>();
  #port = 0;
  #made = 0;
  #published: Promise<void> = Promise.resolve();

  /** @param folder - where the endpoint file is kept */
  constructor(folder: string) {
    this.endpointFile = join(folder, 'endpoints.json');
  }

  /** Creates a Service with so many ready pods. */
  async createService(service: string, replicas: number): Promise<void> {
    const pods = await this.#startPods(service, replicas);
    this.#services.add(service);
    await this.#publish(pods);
  }

  has(service: string): boolean {
    return this.#services.has(service);
  }

  /** Adds ready pods to a Service; resolves with their names once the endpoint file has them. */
  async add(service: string, count: number): Promise<string[]> {
    const pods = await this.#startPods(service, count);
    await this.#publish(pods);
    return pods.map(({ name }) => name);
  }

  /** Tells pods to go; resolves once the endpoint file says so, while the pods still drain. */
  async terminate(names: readonly string[]): Promise<void> {
    for (const name of names) {
      this.#pods.get(name)!.terminating = true;
      const gone = this.#fleet.drain(name, drainMs).then(() => {
        this.#pods.delete(name);
        return this.#publish();
      });
      this.#draining.add(gone);
      void gone.finally(() => this.#draining.delete(gone)).catch(() => {});
    }
    await this.#publish();
  }

  /** Resolves once every pod that was told to go has gone. */
  async drained(): Promise<void> {
    await Promise.all(this.#draining);
  }

  /** Turns a pod's own health; discovery does not learn of it, only a health check does. */
  setServing(pod: string, serving: boolean): Promise<void> {
    return this.#fleet.setServing(pod, serving);
  }

  /** The pods of a Service that were not told to go, oldest first. */
  pods(service: string): string[] {
    return [...this.#pods.values()]
      .filter((pod) => pod.service === service && !pod.terminating)
      .map(({ name }) => name);
  }

  /** The port of all pods, and the addresses of those that new calls may go to, oldest first. */
  addresses(service: string): { readonly port: number; readonly pods: readonly Readonly<Pod>[] } {
    const pods = [...this.#pods.values()].filter((pod) => pod.service === service && !pod.terminating);
    return { port: this.#port, pods };
  }

  /** Calls that the backends themselves counted for a run, by pod. */
  counts(run: string): Promise<Readonly<Record<string, number>>> {
    return this.#fleet.counts(run);
  }

  /** See {@link Fleet.stallMs}. */
  stallMs(): Promise<number> {
    return this.#fleet.stallMs();
  }

  async stop(): Promise<void> {
    await this.#fleet.stop();
    await Promise.allSettled(this.#draining);
  }

  async #startPods(service: string, count: number): Promise<Pod[]> {
    const started: Pod[] = [];
    for (let index = 0; index < count; index++) {
      const number = ++this.#made;
      const pod = { name: `${service}-${number}`, service, address: `${this.#prefix}.${number}`, terminating: false };
      // All pods listen on the port that the first one got, as in Kubernetes.
      this.#port = await this.#fleet.start(pod.name, pod.address, this.#port);
      started.push(pod);
    }
    return started;
  }

  /** Writes one state after the other; a reader never sees half of one. */
  #publish(added: readonly Pod[] = []): Promise<void> {
    for (const pod of added) this.#pods.set(pod.name, pod);
    const text = JSON.stringify(this.#document(), undefined, 2);
    this.#published = this.#published.then(async () => {
      await writeFile(`${this.endpointFile}.new`, text);
      await rename(`${this.endpointFile}.new`, this.endpointFile);
    });
    return this.#published;
  }

  #document(): object {
    return {
      apiVersion: 'evenkeel.dev/v1',
      kind: 'Endpoints',
      services: [...this.#services].map((name) => ({
        name,
        ports: [{ name: 'grpc', port: 50051, targetPort: this.#port, appProtocol: 'grpc' }],
        endpoints: [...this.#pods.values()]
          .filter(({ service }) => service === name)
          .map(({ name: pod, address, terminating }) => ({
            address,
            pod,
            ready: !terminating,
            serving: true,
            terminating,
          })),
        healthCheck: { protocol: 'grpc', grpcService: 'echo.EchoServer' },
      })),
    };
  }
}
