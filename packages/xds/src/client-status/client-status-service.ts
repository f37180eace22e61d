import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { type Timestamp, TimestampSchema } from '@bufbuild/protobuf/wkt';
import { ClientResourceStatus } from '../gen/envoy/admin/v3/config_dump_shared_pb.ts';
import {
  type ClientConfig_GenericXdsConfigSchema,
  type ClientConfigSchema,
  type ClientStatusRequest,
  ClientStatusRequestSchema,
  ClientStatusResponseSchema,
  ConfigStatus,
} from '../gen/envoy/service/status/v3/csds_pb.ts';
import { streamingMethod, unaryMethod } from '../grpc/methods.ts';
import { peerHost } from '../grpc/peer-host.ts';
import type { GrpcRouter } from '../grpc/router.ts';
import { GrpcError, grpcStatus } from '../grpc/status.ts';
import type { Peer } from '../grpc/transport.ts';
import type { ClientResource, ClientStatus, ResourceState } from '../server/client-status.ts';
import { nodeFilter } from './node-matcher.ts';

const service = '/envoy.service.status.v3.ClientStatusDiscoveryService';

/** What a {@link ClientStatusService} is made of. */
export interface ClientStatusServiceOptions {
  /** An `AdsServer`, or several as one. */
  readonly server: {
    clients(): readonly ClientStatus[];
    resourcesOf(streamId: number): readonly ClientResource[] | undefined;
  };
  /** Who may ask: the answer names every client and what it uses. The others get PERMISSION_DENIED. */
  readonly access: (peer: Peer) => boolean;
  /** Bytes of one answer, about; more is refused with RESOURCE_EXHAUSTED. Default 3,500,000: clients take 4 MiB. */
  readonly maxAnswerBytes?: number | undefined;
  /** Wall clock, milliseconds. Default: `Date.now`. */
  readonly wallClock?: (() => number) | undefined;
}

/** A request is a few matchers of nodes. */
const requestBytes = 64 * 1024;

type ClientConfigInit = MessageInitShape<typeof ClientConfigSchema>;

/** A resource beside its name, and a client beside its node. */
const resourceBytes = 100;
const clientBytes = 200;
/** Characters of what a client says of a resource that it rejects. */
const maxDetails = 1_000;

/**
 * The client status discovery service (CSDS) of a control plane: every client with the resources that it asked for or was sent, and
 * what it made of each. `FetchClientStatus` and `StreamClientStatus`; without the contents of resources. The streams of one client
 * are one `ClientConfig`. To be put on the ports of an `AdsServer` with `addTo(server.services)`.
 */
export class ClientStatusService {
  readonly #options: ClientStatusServiceOptions;

  constructor(options: ClientStatusServiceOptions) {
    this.#options = options;
  }

  /** Serves both methods there. */
  addTo(router: GrpcRouter): void {
    router.add(
      `${service}/FetchClientStatus`,
      unaryMethod(
        ClientStatusRequestSchema,
        ClientStatusResponseSchema,
        (request, { peer }) => this.#answer(request, peer),
        {
          requestBytes,
        },
      ),
    );
    router.add(
      `${service}/StreamClientStatus`,
      streamingMethod(
        ClientStatusRequestSchema,
        ClientStatusResponseSchema,
        ({ call, send }) => {
          // Of many questions that a client asks without reading, the last one is answered once it reads.
          let waiting: ClientStatusRequest | undefined;
          const answer = (): void => {
            if (waiting === undefined || !call.isWritable) return;
            const request = waiting;
            waiting = undefined;
            send(this.#answer(request, call.peer));
          };
          return {
            message: (request) => {
              this.#admit(call.peer);
              waiting = request;
              answer();
            },
            writable: answer,
          };
        },
        { requestBytes },
      ),
    );
  }

  #admit(peer: Peer): void {
    if (this.#options.access(peer)) return;
    throw new GrpcError(grpcStatus.permissionDenied, 'the state of clients is not shown to this address');
  }

  #answer({ nodeMatchers }: ClientStatusRequest, peer: Peer): { config: ClientConfigInit[] } {
    this.#admit(peer);
    const { server, maxAnswerBytes = 3_500_000, wallClock = Date.now } = this.#options;
    const fits = nodeFilter(nodeMatchers);
    const streams = Map.groupBy(
      server.clients().filter(({ node, group }) => group !== undefined && fits(node)),
      clientKey,
    );
    let bytes = 0;
    const charge = (more: number): void => {
      bytes += more;
      if (bytes <= maxAnswerBytes) return;
      const message = `the state of the ${streams.size} clients that match is too long for one answer; name fewer with node_matchers`;
      throw new GrpcError(grpcStatus.resourceExhausted, message);
    };
    const now = wallClock();
    return {
      config: [...streams.values()].map((same) => {
        const { node } = same[0]!;
        charge(clientBytes + node.id.length + JSON.stringify(node.metadata).length);
        return {
          node: nodeOf(node),
          genericXdsConfigs: same.flatMap((stream) =>
            (server.resourcesOf(stream.id) ?? []).map((resource) => {
              const { typeUrl, name, rejection } = resource;
              const detailBytes = Math.min(maxDetails, rejection?.message.length ?? 0);
              charge(resourceBytes + typeUrl.length + name.length + detailBytes);
              return configOf(resource, now);
            }),
          ),
        };
      }),
    };
  }
}

/** One client: some open a stream for each channel, on a connection each. */
function clientKey({ peer, node }: ClientStatus): string {
  return JSON.stringify([node.id, node.cluster, node.userAgentName, node.userAgentVersion, peerHost(peer)]);
}

function nodeOf(node: ClientStatus['node']): ClientConfigInit['node'] {
  const { id, cluster, metadata, locality, userAgentName, userAgentVersion, clientFeatures } = node;
  return {
    ...{ id, cluster, metadata, locality, userAgentName, clientFeatures: [...clientFeatures] },
    userAgentVersionType: { case: 'userAgentVersion', value: userAgentVersion },
  };
}

/** As the control plane says it, and as a client would, which is what tools print. */
const statuses: Readonly<Record<ResourceState, readonly [config: ConfigStatus, client: ClientResourceStatus]>> = {
  synced: [ConfigStatus.SYNCED, ClientResourceStatus.ACKED],
  stale: [ConfigStatus.STALE, ClientResourceStatus.REQUESTED],
  'not-sent': [ConfigStatus.NOT_SENT, ClientResourceStatus.DOES_NOT_EXIST],
  rejected: [ConfigStatus.ERROR, ClientResourceStatus.NACKED],
};

function configOf(
  { typeUrl, name, version = '', state, rejection }: ClientResource,
  nowMs: number,
): MessageInitShape<typeof ClientConfig_GenericXdsConfigSchema> {
  const [configStatus, clientStatus] = statuses[state];
  return {
    ...{ typeUrl, name, versionInfo: version, configStatus, clientStatus },
    ...(rejection === undefined
      ? {}
      : {
          errorState: {
            lastUpdateAttempt: timestampOf(nowMs - rejection.agoMs),
            details: rejection.message.slice(0, maxDetails),
            versionInfo: rejection.version,
          },
        }),
  };
}

function timestampOf(ms: number): Timestamp {
  const seconds = Math.floor(ms / 1_000);
  return create(TimestampSchema, { seconds: BigInt(seconds), nanos: Math.floor((ms - seconds * 1_000) * 1_000_000) });
}
