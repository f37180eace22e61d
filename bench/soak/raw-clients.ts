import type { RecordableHistogram } from 'node:perf_hooks';
import { fromBinary } from '@bufbuild/protobuf';
import { type AdsTestClient, adsSotwPath, grpcStatus, type ReceivedResponse, typeUrls } from '@evenkeel/xds';
import { ClusterLoadAssignmentSchema } from '@evenkeel/xds/gen/envoy/config/endpoint/v3/endpoint_pb';
import { messageOf } from '../../src/base/errors.ts';
import { encodeReport, openLoadReports } from '../load-report-stream.ts';
import { World } from './world.ts';

/** How a client reaches the control plane. */
export type Connect = () => Promise<AdsTestClient>;

const { cluster: CDS, endpoint: EDS } = typeUrls;

/** Last byte of the first address: the generation of a cluster that changes. */
function generationIn(bytes: Uint8Array): number {
  const identifier = fromBinary(ClusterLoadAssignmentSchema, bytes).endpoints[0]?.lbEndpoints[0]?.hostIdentifier;
  const address = identifier?.case === 'endpoint' ? identifier.value.address?.address : undefined;
  return address?.case === 'socketAddress' ? Number(address.value.address.split('.').at(-1)) : Number.NaN;
}

function someClusters(count: number): number[] {
  const first = Math.floor(Math.random() * World.clusters);
  return Array.from({ length: count }, (_, index) => (first + index * 7) % World.clusters);
}

/** A stream of load reports, as a client opens it that was asked for them; resolves once it was answered. */
async function openReports(client: AdsTestClient) {
  const workload = `soak-${Math.floor(Math.random() * 50)}`;
  const { call, intervalMs } = await openLoadReports(client, { id: 'soak', metadata: { workload } });
  const report = (clusterStats: ReturnType<typeof callsTo>) => call.send(encodeReport({ clusterStats }));
  return { report, intervalMs, ended: call.ended };
}

/** Calls to all endpoints of some clusters, some of which fail for everybody, so that they are ejected and come back. */
function callsTo(world: World, numbers: readonly number[]) {
  return numbers.map((number) => ({
    clusterName: World.cluster(number),
    upstreamLocalityStats: world.addresses(number).map((address, index) => {
      const isSick = index === 0 && world.generation(number) % 3 === 0;
      return {
        locality: { subZone: `${address}:80` },
        totalIssuedRequests: 20n,
        [isSick ? 'totalErrorRequests' : 'totalSuccessfulRequests']: 20n,
      };
    }),
  }));
}

/** Between two tries to come again. */
const againMs = 1_000;

/** A client that is there all the time and takes whatever it is sent. */
export class SteadyClient {
  readonly #world: World;
  readonly #lag: RecordableHistogram;
  readonly #numbers = someClusters(20);
  readonly #held = new Map<string, number>();
  #client: AdsTestClient | undefined;
  /** Why its streams ended before it was told to go. It comes again each time, as gRPC clients do. */
  readonly ended: string[] = [];
  #leaving = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(world: World, lag: RecordableHistogram) {
    this.#world = world;
    this.#lag = lag;
  }

  /** Resolves once it has come. */
  async start(connect: Connect, delta: boolean, reports: boolean): Promise<void> {
    const client = await connect();
    this.#client = client;
    if (reports) await this.#report(client);
    const names = [...new Set(this.#numbers)].map(World.cluster);
    if (delta) {
      const stream = client.delta();
      stream.request(EDS, { subscribe: names });
      void this.#follow(() => stream.responseAck(EDS)).then(() => this.#comeAgain(connect, delta, reports));
    } else {
      const stream = client.sotw();
      stream.request(EDS, names);
      void this.#follow(() => stream.responseAck(EDS)).then(() => this.#comeAgain(connect, delta, reports));
    }
  }

  async #comeAgain(connect: Connect, delta: boolean, reports: boolean): Promise<void> {
    clearInterval(this.#timer);
    await this.#client?.close();
    while (!this.#leaving) {
      try {
        return await this.start(connect, delta, reports);
      } catch (error) {
        this.ended.push(messageOf(error));
        await this.#client?.close();
        await new Promise((resolve) => setTimeout(resolve, againMs));
      }
    }
  }

  /** Reports at the interval that it is asked for, and is asked anew where the server ends that. */
  async #report(client: AdsTestClient): Promise<void> {
    const { report, intervalMs, ended } = await openReports(client);
    const timer = setInterval(() => report(callsTo(this.#world, this.#numbers)), intervalMs);
    this.#timer = timer;
    void ended.then(({ code }) => {
      clearInterval(timer);
      // Where its connection is over as well, it comes again as a whole.
      if (code === grpcStatus.ok && !this.#leaving) this.#report(client).catch(() => {});
    });
  }

  /** Names that it does not hold in their newest state. */
  get stale(): number {
    return [...new Set(this.#numbers)].filter(
      (number) => this.#held.get(World.cluster(number)) !== this.#world.generation(number),
    ).length;
  }

  async stop(): Promise<void> {
    this.#leaving = true;
    clearInterval(this.#timer);
    await this.#client?.close();
  }

  async #follow(next: () => Promise<ReceivedResponse>): Promise<void> {
    try {
      for (;;) {
        const { resources } = await next();
        const now = performance.now();
        for (const { name: cluster, bytes } of resources) {
          const generation = generationIn(bytes);
          const known = this.#held.get(cluster);
          const writtenAt = this.#world.writtenAt(cluster);
          if (known !== undefined && known !== generation && writtenAt !== undefined) {
            this.#lag.record(Math.max(1, Math.round((now - writtenAt) * 1_000)));
          }
          this.#held.set(cluster, generation);
        }
      }
    } catch (error) {
      if (!this.#leaving) this.ended.push(messageOf(error));
    }
  }
}

/** What a client that comes and goes does before it goes. */
const manners = [
  'polite',
  'cancels',
  'cuts',
  'never reads',
  'says nothing',
  'asks for everything',
  'changes its mind',
] as const;

/** Far above what a busy machine makes an answer wait for. */
const patienceMs = 60_000;

/** Comes, does something, and goes; how, is drawn by chance. Fails where an answer does not come. */
export async function passBy(connect: Connect, world: World, reports: boolean): Promise<void> {
  const known = reports ? [...manners, 'reports' as const] : manners;
  const manner = known[Math.floor(Math.random() * known.length)]!;
  const client = await connect();
  const timer = setTimeout(() => void client.close(), patienceMs);
  try {
    const names = someClusters(30).map(World.cluster);
    switch (manner) {
      case 'polite': {
        const stream = client.sotw();
        await stream.requestResponseAck(EDS, names);
        await stream.close();
        break;
      }
      case 'cancels': {
        const stream = client.delta();
        await stream.requestResponseAck(EDS, { subscribe: names });
        await stream.cancel();
        break;
      }
      case 'cuts':
        await client.sotw().requestResponse(EDS, names);
        break;
      case 'never reads': {
        const call = client.call(adsSotwPath);
        call.pause();
        // All clusters, by a wildcard (type_url, and nothing else).
        call.send(Buffer.concat([Buffer.from([0x22, CDS.length]), Buffer.from(CDS)]));
        await new Promise((resolve) => setTimeout(resolve, 10_000));
        break;
      }
      case 'says nothing':
        await new Promise((resolve) => setTimeout(resolve, 1_000));
        break;
      case 'asks for everything':
        await client.delta().requestResponseAck(CDS);
        break;
      case 'reports': {
        const { report } = await openReports(client);
        report(callsTo(world, someClusters(30)));
        await client.sotw().requestResponse(EDS, names);
        break;
      }
      case 'changes its mind': {
        const stream = client.sotw();
        const others = Array.from({ length: World.clusters }, (_, number) => World.cluster(number)).filter(
          (name) => !names.includes(name),
        );
        // Each time a name that it did not ask for before, so that there is an answer.
        for (let count = 0; count < 6; count++) {
          await stream.requestResponseAck(EDS, [...names.slice(count * 5), others[count]!]);
        }
        await stream.close();
        break;
      }
    }
  } catch (cause) {
    throw new Error(`a client that ${manner}: ${messageOf(cause)}`, { cause });
  } finally {
    clearTimeout(timer);
    await client.close();
  }
}
