import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create, toBinary } from '@bufbuild/protobuf';
import { type FileDescriptorProto, FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { file_echo_echo } from '../../src/gen/echo/echo_pb.ts';
import type { ClientKind } from './clients.ts';
import { Cluster } from './cluster.ts';
import { ClusterDns } from './cluster-dns.ts';
import { ControlPlane, type ControlPlaneLaunch } from './control-plane.ts';
import type { LiveClient } from './live-client.ts';
import { StallMeter } from './stall-meter.ts';

/** What the control plane can learn of the Services from. */
export interface Sources {
  /** A folder for its configuration. */
  readonly folder: string;
  readonly endpointFile: string;
  /** `HOST:PORT` of a DNS server. */
  readonly dnsServer: string;
}

/** Services that exist from the start, with three pods each. */
export const services = ['be1-srv', 'be2-srv'] as const;

/** Services that clients ask for before they exist. */
export const lateServices = ['late-srv', 'later-srv'] as const;

const allServices = [
  ...services.map((name) => ({ name, late: false })),
  ...lateServices.map((name) => ({ name, late: true })),
];

export const initialReplicas = 3;

/** Backends, a control plane and clients of several languages that use it all at once. */
export class World {
  readonly cluster: Cluster;
  readonly controlPlane: ControlPlane;
  readonly clients: readonly LiveClient[];
  readonly dns: ClusterDns;
  readonly folder: string;
  readonly #stall = new StallMeter();

  private constructor(
    folder: string,
    cluster: Cluster,
    dns: ClusterDns,
    controlPlane: ControlPlane,
    clients: readonly LiveClient[],
  ) {
    this.folder = folder;
    this.cluster = cluster;
    this.dns = dns;
    this.controlPlane = controlPlane;
    this.clients = clients;
  }

  /**
   * Starts everything; what was started is ended again if a part fails.
   *
   * @param serve - how the control plane is started on these sources
   */
  static async start(kinds: readonly ClientKind[], serve: (sources: Sources) => ControlPlaneLaunch): Promise<World> {
    const folder = await mkdtemp(join(tmpdir(), 'evenkeel-interop-'));
    const cluster = new Cluster(folder);
    const ends: (() => Promise<void>)[] = [() => cluster.stop()];
    try {
      for (const service of services) await cluster.createService(service, initialReplicas);
      const dns = await ClusterDns.start(cluster);
      ends.push(() => dns.stop());
      const sources = { folder, endpointFile: cluster.endpointFile, dnsServer: dns.address };
      const controlPlane = await ControlPlane.start(serve(sources));
      ends.push(() => controlPlane.stop());
      const descriptors = join(folder, 'echo.binpb');
      await writeFile(descriptors, echoDescriptors());
      const clients: LiveClient[] = [];
      for (const kind of kinds) {
        const client = await kind.start({
          folder,
          descriptors,
          xdsAddress: controlPlane.xdsAddress,
          services: allServices,
        });
        ends.push(() => client.stop());
        clients.push(client);
      }
      return new World(folder, cluster, dns, controlPlane, clients);
    } catch (error) {
      for (const end of ends.reverse()) await end();
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
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
    await Promise.all(this.clients.map((client) => client.stop()));
    await this.controlPlane.stop();
    await this.dns.stop();
    await this.cluster.stop();
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** echo.EchoServer as a descriptor set, which every language can load at run time. */
function echoDescriptors(): Uint8Array {
  const file: FileDescriptorProto = file_echo_echo.proto;
  return toBinary(FileDescriptorSetSchema, create(FileDescriptorSetSchema, { file: [file] }));
}
