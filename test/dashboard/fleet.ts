import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { clientBootstrap } from '../../src/bootstrap/client-bootstrap.ts';
import { replaceFile } from '../../src/controlplane/testing/endpoint-file.ts';
import { ServeProcess } from '../../src/controlplane/testing/serve-process.ts';

export interface FleetService {
  readonly namespace: string;
  readonly name: string;
  readonly pods: number;
}

export interface FleetCaller {
  readonly namespace: string;
  /** A pod's name, of which the workload is seen. */
  readonly pod: string;
  readonly zone: string;
  /** What stands behind `xds:///`. */
  readonly targets: readonly string[];
  readonly rate: number;
}

const zones = ['zone-a', 'zone-b', 'zone-c'];
/** As a Deployment names its pods. */
const suffixes = ['hf6zv', 'x2x4z', 'k8lqm', 'p9wtc', 'b4dnr', 'z7jsg'];

interface Backend {
  readonly service: FleetService;
  readonly pod: string;
  readonly address: string;
  readonly zone: string;
  readonly process: ChildProcess;
}

/** A real control plane, real backends and real clients (grpc-js-xds), each a process of its own. */
export class Fleet {
  readonly admin: string;
  readonly #xds: string;
  readonly #serve: ServeProcess;
  readonly #folder: string;
  readonly #port: number;
  readonly #backends: readonly Backend[];
  readonly #callers: ChildProcess[] = [];
  readonly #left = new Set<Backend>();

  private constructor(
    serve: ServeProcess,
    folder: string,
    backends: readonly Backend[],
    port: number,
    at: { xds: string; admin: string },
  ) {
    this.#serve = serve;
    this.#folder = folder;
    this.#backends = backends;
    this.#port = port;
    this.#xds = at.xds;
    this.admin = at.admin;
  }

  /** Backends on addresses of `127.NET.x.y`, and a control plane that is ready. */
  static async start(services: readonly FleetService[], flags: readonly string[] = []): Promise<Fleet> {
    const folder = await mkdtemp(join(tmpdir(), 'evenkeel-fleet-'));
    const net = 64 + (process.pid % 60);
    const backends: Backend[] = [];
    let port = 0;
    for (const [which, service] of services.entries()) {
      for (let index = 0; index < service.pods; index++) {
        const pod = `${service.name}-6b7fb94bfb-${suffixes[index % suffixes.length]}`;
        const address = `127.${net}.${which + 1}.${index + 1}`;
        const process = start('fleet-backend.ts', [address, String(port), pod]);
        const [bound] = (await once(process, 'message')) as [number];
        port = bound;
        backends.push({ service, pod, address, zone: zones[index % zones.length]!, process });
      }
    }
    const file = join(folder, 'endpoints.json');
    await replaceFile(file, endpointFile(backends, port));
    const listen = ['--xds-listen', '127.0.0.1:0', '--admin-listen', '127.0.0.1:0'];
    const serve = new ServeProcess(['--endpoints', file, ...listen, ...flags]);
    const at = await serve.listening();
    await serve.ready();
    return new Fleet(serve, folder, backends, port, at);
  }

  /** Starts a client that calls until the end. */
  call({ namespace, pod, zone, targets, rate }: FleetCaller): void {
    const bootstrap = clientBootstrap({ server: this.#xds, namespace, nodeId: pod, zone }, {});
    const env = { PATH: process.env.PATH ?? '', GRPC_XDS_BOOTSTRAP_CONFIG: JSON.stringify(bootstrap) };
    this.#callers.push(start('fleet-caller.ts', [targets.join(','), String(rate)], env));
  }

  /** Names of the pods of a Service. */
  pods(name: string): string[] {
    return this.#backends.filter(({ service }) => service.name === name).map(({ pod }) => pod);
  }

  /** Stops a pod from answering, as a node that is out of memory does; its connections stay. */
  freeze(pod: string): void {
    this.#find(pod).process.kill('SIGSTOP');
  }

  thaw(pod: string): void {
    this.#find(pod).process.kill('SIGCONT');
  }

  /** Takes a pod out of the endpoints. */
  async remove(pod: string): Promise<void> {
    this.#left.add(this.#find(pod));
    const rest = this.#backends.filter((backend) => !this.#left.has(backend));
    await replaceFile(join(this.#folder, 'endpoints.json'), endpointFile(rest, this.#port));
  }

  async stop(): Promise<void> {
    const children = [...this.#callers, ...this.#backends.map((backend) => backend.process)];
    await Promise.all([
      this.#serve.end('SIGTERM'),
      ...children.map(async (child) => {
        const exited = child.exitCode === null && child.signalCode === null ? once(child, 'exit') : undefined;
        child.kill('SIGKILL');
        await exited;
      }),
    ]);
    await rm(this.#folder, { recursive: true });
  }

  #find(pod: string): Backend {
    const found = this.#backends.find((backend) => backend.pod === pod);
    if (found === undefined) throw new Error(`there is no pod ${pod}`);
    return found;
  }
}

function start(program: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env): ChildProcess {
  return fork(fileURLToPath(new URL(program, import.meta.url)), args, { env });
}

function endpointFile(backends: readonly Backend[], port: number): string {
  const services = [...Map.groupBy(backends, ({ service }) => service)].map(([{ namespace, name }, own]) => ({
    ...{ namespace, name },
    ports: [{ name: 'grpc', port: 50051, targetPort: port, appProtocol: 'grpc' }],
    endpoints: own.map(({ address, pod, zone }) => ({ address, pod, zone, region: 'region-1' })),
  }));
  return JSON.stringify({ apiVersion: 'evenkeel.dev/v1', kind: 'Endpoints', services });
}
