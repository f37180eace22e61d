import { rmSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { messageOf } from '../../src/base/errors.ts';
import { atExit } from './at-exit.ts';
import type { ClientId, ClientKind } from './clients.ts';
import { Cluster } from './cluster.ts';
import { ClusterDns } from './cluster-dns.ts';
import { ControlPlane, type ControlPlaneLaunch } from './control-plane.ts';
import { echoDescriptors } from './echo-descriptors.ts';
import { freePorts } from './free-ports.ts';
import type { LiveClient } from './live-client.ts';
import { StallMeter } from './stall-meter.ts';

/** What the control plane can learn of the Services from. */
export interface Sources {
  /** A folder for its configuration. */
  readonly folder: string;
  readonly endpointFile: string;
  /** `HOST:PORT` of a DNS server. */
  readonly dnsServer: string;
  /** Where the gateways listen, `HOST:PORT` by name. */
  readonly gateways: ReadonlyMap<string, string>;
}

/** Services that exist from the start, with three pods each. */
export const services = ['be1-srv', 'be2-srv'] as const;

/** Services that clients ask for before they exist. */
export const lateServices = ['late-srv', 'later-srv'] as const;

const initialReplicas = 3;

interface Parts {
  readonly folder: string;
  readonly descriptors: string;
  readonly cluster: Cluster;
  readonly dns: ClusterDns;
  readonly controlPlane: ControlPlane;
  readonly gateways: ReadonlyMap<ClientId, string>;
  /** What ends each part, in the order in which they were started. */
  readonly ends: (() => Promise<void>)[];
}

/** Backends, a control plane and clients of several languages that use it all at once. */
export class World {
  readonly cluster: Cluster;
  readonly dns: ClusterDns;
  readonly controlPlane: ControlPlane;
  readonly clients: LiveClient[] = [];
  /** Why a client did not start, by its id. */
  readonly broken = new Map<ClientId, string>();
  readonly #parts: Parts;
  readonly #stall = new StallMeter();

  private constructor(parts: Parts) {
    this.cluster = parts.cluster;
    this.dns = parts.dns;
    this.controlPlane = parts.controlPlane;
    this.#parts = parts;
  }

  /**
   * Starts everything; what was started is ended again if a part fails.
   *
   * @param serve - how the control plane is started on these sources
   */
  static async start(kinds: readonly ClientKind[], serve: (sources: Sources) => ControlPlaneLaunch): Promise<World> {
    const world = await World.withoutClients(kinds, serve);
    try {
      await world.#startClients(kinds);
      return world;
    } catch (error) {
      await world.stop();
      throw error;
    }
  }

  /** As {@link World.start}, but the clients are left to the caller. */
  static async withoutClients(
    kinds: readonly ClientKind[],
    serve: (sources: Sources) => ControlPlaneLaunch,
  ): Promise<World> {
    const folder = await mkdtemp(join(tmpdir(), 'evenkeel-interop-'));
    const removeFolder = (): void => rmSync(folder, { recursive: true, force: true });
    const callOff = atExit(removeFolder);
    const cluster = new Cluster(folder);
    const ends = [
      async () => {
        removeFolder();
        callOff();
      },
      () => cluster.stop(),
    ];
    try {
      for (const service of services) await cluster.createService(service, initialReplicas);
      const dns = await ClusterDns.start(cluster);
      ends.push(() => dns.stop());
      const gateways = await gatewayAddresses(kinds);
      const sources = { folder, endpointFile: cluster.endpointFile, dnsServer: dns.address, gateways };
      const controlPlane = await ControlPlane.start(serve(sources));
      ends.push(() => controlPlane.stop());
      const descriptors = join(folder, 'echo.binpb');
      await writeFile(descriptors, echoDescriptors());
      return new World({ folder, descriptors, cluster, dns, controlPlane, gateways, ends });
    } catch (error) {
      for (const end of ends.reverse()) await end();
      throw error;
    }
  }

  /** One after the other, since a start takes most of a core. A client that fails does not keep the others away. */
  async #startClients(kinds: readonly ClientKind[]): Promise<void> {
    for (const kind of kinds) {
      try {
        await this.startClient(kind);
      } catch (error) {
        this.broken.set(kind.id, messageOf(error));
      }
    }
  }

  /** Starts one client, which ends with the world. */
  async startClient(kind: ClientKind): Promise<LiveClient> {
    const { folder, descriptors, controlPlane, gateways, ends } = this.#parts;
    const client = await kind.start({ folder, descriptors, xdsAddress: controlPlane.xdsAddress, gateways });
    ends.push(() => client.stop());
    this.clients.push(client);
    return client;
  }

  /** Services that clients may have asked for and that do not exist yet. */
  get missingServices(): string[] {
    return lateServices.filter((service) => !this.cluster.has(service));
  }

  /** The longest time in milliseconds that backends or driver were not let run, since this was last asked. */
  async stallMs(): Promise<number> {
    return Math.max(await this.cluster.stallMs(), this.#stall.take());
  }

  /** What a case may have left undone when it broke off: a running control plane on the endpoint file. */
  async restore(): Promise<void> {
    this.controlPlane.thaw();
    if (this.controlPlane.mode === 'file') return;
    await this.controlPlane.kill();
    await this.controlPlane.launch('file');
    await this.controlPlane.ready();
  }

  async stop(): Promise<void> {
    this.#stall.stop();
    for (const end of this.#parts.ends.reverse()) await end();
  }
}

async function gatewayAddresses(kinds: readonly ClientKind[]): Promise<ReadonlyMap<ClientId, string>> {
  const gateways = kinds.filter(({ isGateway }) => isGateway);
  const ports = await freePorts(gateways.length);
  return new Map(gateways.map(({ id }, index) => [id, `127.0.0.1:${ports[index]}`]));
}
