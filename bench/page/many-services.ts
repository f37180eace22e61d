import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AdsTestClient } from '@evenkeel/xds';
import { replaceEndpointFile } from '../../src/controlplane/testing/endpoint-file.ts';
import { ServeProcess } from '../../src/controlplane/testing/serve-process.ts';
import type { LoadView } from '../../src/load/load-view.ts';
import { encodeReport, openLoadReports } from '../load-report-stream.ts';

const port = 50051;
const pods = 10;
/** Services that one client reports of. */
const perClient = 100;
const calls = 10;

/** A real control plane with many Services of ten pods, and clients that report calls to all of them once a second. */
export class ManyServices {
  readonly services: number;
  readonly admin: string;
  readonly #serve: ServeProcess;
  readonly #folder: string;
  readonly #clients: AdsTestClient[] = [];
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #xds: string;
  /** Services with more calls than the others in this second. */
  #busy = new Set<number>();

  private constructor(services: number, serve: ServeProcess, folder: string, at: { xds: string; admin: string }) {
    this.services = services;
    this.#serve = serve;
    this.#folder = folder;
    this.#xds = at.xds;
    this.admin = at.admin;
  }

  /** @param changes - Services whose calls are others in each second */
  static async start(services: number, changes: number): Promise<ManyServices> {
    const folder = await mkdtemp(join(tmpdir(), 'evenkeel-many-'));
    await writeServices(folder, services);
    const listen = ['--xds-listen', '127.0.0.1:0', '--admin-listen', '127.0.0.1:0'];
    const serve = new ServeProcess(['--endpoints', join(folder, 'endpoints.json'), ...listen, '--load-reports']);
    const at = await serve.listening();
    await serve.ready();
    const many = new ManyServices(services, serve, folder, at);
    for (let first = 0; first < services; first += perClient) await many.#report(first);
    let turn = 0;
    many.#timers.push(
      setInterval(() => {
        many.#busy = new Set(Array.from({ length: changes }, () => turn++ % services));
      }, 1_000),
    );
    return many;
  }

  nameOf(service: number): string {
    return nameOf(service);
  }

  /** Takes a pod from a Service; undefined: all have all. */
  remove(from: number | undefined): Promise<void> {
    return writeServices(this.#folder, this.services, from);
  }

  /** @throws Error where a client has lost its stream: what was measured had fewer changes then. */
  async assertReporting(): Promise<void> {
    const answer = await fetch(`http://${this.admin}/load`);
    const { streams } = (await answer.json()) as LoadView;
    const clients = this.#clients.length;
    if (streams !== clients)
      throw new Error(`${streams} of ${clients} clients still report; run it on a calmer machine`);
  }

  async stop(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    await Promise.all(this.#clients.map((client) => client.close()));
    await this.#serve.end('SIGTERM');
    await rm(this.#folder, { recursive: true });
  }

  /** A client that reports of some Services as often as it is asked to. */
  async #report(first: number): Promise<void> {
    const node = { id: `bench-${first}`, userAgentName: 'gRPC Go', userAgentVersion: '1.85.0' };
    const client = await AdsTestClient.connect(`http://${this.#xds}`, { node });
    this.#clients.push(client);
    const { call, intervalMs } = await openLoadReports(client, { ...node, metadata: { workload: 'bench' } });
    this.#timers.push(setInterval(() => call.send(this.#reportOf(first)), intervalMs));
  }

  #reportOf(first: number): Uint8Array {
    const length = Math.min(perClient, this.services - first);
    const clusterStats = Array.from({ length }, (_, index) => ({
      clusterName: `default/${nameOf(first + index)}:${port}`,
      upstreamLocalityStats: Array.from({ length: pods }, (_, pod) => {
        const count = BigInt(this.#busy.has(first + index) ? calls * 2 : calls);
        return {
          locality: { zone: 'zone-a', subZone: `${addressOf(first + index, pod)}:${port}` },
          ...{ totalIssuedRequests: count, totalSuccessfulRequests: count, totalRequestsInProgress: 1n },
        };
      }),
    }));
    return encodeReport({ clusterStats });
  }
}

function writeServices(folder: string, services: number, shortOne?: number): Promise<void> {
  const list = Array.from({ length: services }, (_, service) => ({
    ...{ name: nameOf(service), port },
    endpoints: Array.from({ length: service === shortOne ? pods - 1 : pods }, (_, pod) => ({
      ...{ address: addressOf(service, pod), pod: `${nameOf(service)}-${pod}`, zone: 'zone-a' },
    })),
  }));
  return replaceEndpointFile(join(folder, 'endpoints.json'), list);
}

function nameOf(service: number): string {
  return `service-${String(service).padStart(4, '0')}`;
}

function addressOf(service: number, pod: number): string {
  return `10.${service >> 8}.${service & 255}.${pod + 1}`;
}
