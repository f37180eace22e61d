import type { MessageShape } from '@bufbuild/protobuf';
import { Chain, Discovery, type GetResponseSchema } from '../../gen/chain/chain_pb.ts';
import { passedOn } from '../pod/passed-on.ts';
import type { Pod } from '../pod/pod.ts';
import { UpstreamError } from '../upstream/error.ts';
import { GrpcUpstream } from '../upstream/grpc.ts';
import { HttpUpstream } from '../upstream/http.ts';
import { type Located, locate, nextOf, type Protocol, type Via } from './discovery.ts';
import { type ChainSettings, type ServiceType, serviceNameOf } from './options.ts';

type Received = Parameters<typeof passedOn>[1];

/** Calls to the next service of the chain; one channel for each way to find it. */
export class NextHop {
  /** Undefined at the end of the chain. */
  readonly next: ServiceType | undefined;
  readonly #pod: Pod;
  readonly #settings: ChainSettings;
  readonly #env: NodeJS.ProcessEnv;
  readonly #grpc = new Map<string, GrpcUpstream>();
  readonly #http = new Map<string, HttpUpstream>();

  constructor(pod: Pod, settings: ChainSettings, env: NodeJS.ProcessEnv) {
    this.next = nextOf(settings.serviceType);
    this.#pod = pod;
    this.#settings = settings;
    this.#env = env;
  }

  /** GET on the next service; the headers of the call go with it. */
  getJson(path: string, query: Record<string, string>, via: Via, received: Received): Promise<Record<string, unknown>> {
    const address = this.#locate(via, 'http');
    let upstream = this.#http.get(address);
    if (upstream === undefined) {
      // A connection each time: a chain that keeps its connections pins every hop, which is another experiment.
      upstream = new HttpUpstream(`http://${address}`, { keepAlive: false });
      this.#http.set(address, upstream);
    }
    const { deadlineMs } = this.#settings;
    return upstream.getJson({ path, query, deadlineMs, headers: passedOn(this.#pod, received) });
  }

  /** The same over gRPC. */
  async getGrpc(via: Via, received: Received): Promise<MessageShape<typeof GetResponseSchema>> {
    const address = this.#locate(via, 'grpc');
    let upstream = this.#grpc.get(address);
    if (upstream === undefined) {
      upstream = new GrpcUpstream(`dns:///${address}`);
      this.#grpc.set(address, upstream);
    }
    const discovery = via === 'dns' ? Discovery.DNS : Discovery.ENVIRONMENT;
    const { deadlineMs } = this.#settings;
    const metadata = passedOn(this.#pod, received);
    return (await upstream.call(Chain.method.get, { discovery }, { deadlineMs, metadata })).message;
  }

  async close(): Promise<void> {
    for (const upstream of this.#grpc.values()) upstream.close();
    await Promise.all([...this.#http.values()].map((upstream) => upstream.close()));
  }

  #locate(via: Via, protocol: Protocol): string {
    const next = this.next!;
    const { nextHttpPort, nextGrpcPort } = this.#settings;
    const located: Located = locate(next, via, protocol, { http: nextHttpPort, grpc: nextGrpcPort }, this.#env);
    if ('address' in located) return located.address;
    throw new UpstreamError(
      serviceNameOf(next),
      'UNAVAILABLE',
      `${located.missing} is not set: the Service was made after this pod started, or not at all; DNS would know (?via=dns)`,
    );
  }
}
