import type { PeerCertificate } from 'node:tls';
import type { ResourceKey } from '../cache/layer.ts';
import type { Peer } from '../grpc/transport.ts';
import { sameResource } from '../resource.ts';
import { type Rejection, rejectedNames } from '../stream/acknowledgements.ts';
import type { DiscoveryStream } from '../stream/discovery-stream.ts';
import type { TypeState } from '../stream/type-state.ts';
import type { StreamInfo } from './observer.ts';

/** A response that a client rejected. */
export interface RejectionStatus extends Pick<Rejection, 'version' | 'code' | 'message'> {
  /** Some names of what it rejected; where its message names nothing, of all that was new in the response. */
  readonly names: readonly string[];
  readonly agoMs: number;
}

/** What one client asked for, was sent and answered in one type. */
export interface TypeStatus {
  readonly typeUrl: string;
  readonly wildcard: boolean;
  /** How many names it asked for. */
  readonly names: number;
  /** How many resources it was sent and has not given up since. */
  readonly held: number;
  /** Version of the last response that it acknowledged. */
  readonly ackedVersion: string | undefined;
  /** What it rejected last, and has not acknowledged or given up since. */
  readonly rejection: RejectionStatus | undefined;
  /** Age of the oldest response that has not been answered; undefined: none. */
  readonly unansweredMs: number | undefined;
  /** Names whose change has not been sent yet, since the client has not answered or does not read. */
  readonly pending: number;
}

/** A stream and what it knows, plain data. */
export interface ClientStatus extends StreamInfo {
  /** The client's certificate where it was verified; read from the connection when asked for. */
  readonly certificate: PeerCertificate | undefined;
  readonly types: readonly TypeStatus[];
  /** Names that it asked for and may not see, as `TYPE_URL NAME`; at most 100. */
  readonly hidden: readonly string[];
}

/**
 * What became of one resource at one client, in the words of CSDS (`ConfigStatus`):
 *
 * - `synced`: it was sent, and the client acknowledged it
 * - `not-sent`: the client asked for it, and there is none, or it has not been sent yet
 * - `stale`: the client has not answered what was sent, or has not been sent the newest state
 * - `rejected`: the client rejected it, or all of a response in which it was and of which the message names nothing
 */
export type ResourceState = 'synced' | 'not-sent' | 'stale' | 'rejected';

/** A resource that a client asked for or was sent. */
export interface ClientResource extends ResourceKey {
  /** Version that it was sent last; undefined: there is none, or it has not been sent yet. */
  readonly version: string | undefined;
  /** What the client made of it. */
  readonly state: ResourceState;
  /** Why, where it is `rejected`. */
  readonly rejection?: RejectionStatus | undefined;
}

export function clientResources(stream: DiscoveryStream, nowMs: number): ClientResource[] {
  return stream.types.flatMap(({ subscription, acks }) => {
    const { typeUrl, names, held } = subscription;
    const rejections = new Map(
      acks.rejections.flatMap((one) => {
        const rejection = rejectionStatus(one, nowMs);
        return one.resources.map((resource) => [resource.name, { rejection, resource }] as const);
      }),
    );
    const unanswered = new Set(acks.unanswered.flatMap(({ resources }) => resources));
    return [...new Set([...names, ...held.names()])].map((name): ClientResource => {
      const sent = held.get(name);
      const rejected = rejections.get(name);
      const state =
        sent === undefined
          ? 'not-sent'
          : unanswered.has(sent) || subscription.isPending(name)
            ? 'stale'
            : sameResource(rejected?.resource, sent)
              ? 'rejected'
              : 'synced';
      const resource = { typeUrl, name, version: sent?.version, state } as const;
      return state === 'rejected' ? { ...resource, rejection: rejected?.rejection } : resource;
    });
  });
}

export function clientStatus(info: StreamInfo, stream: DiscoveryStream, peer: Peer, nowMs: number): ClientStatus {
  return {
    ...info,
    // To decode thousands of certificates takes long, and nobody may want them.
    get certificate() {
      return peer.certificate;
    },
    types: stream.types.map((state) => typeStatus(state, nowMs)),
    hidden: stream.hidden,
  };
}

function typeStatus({ subscription, acks }: TypeState, nowMs: number): TypeStatus {
  const { rejections, oldestUnanswered } = acks;
  const rejection = rejections.findLast(
    ({ resources }) =>
      resources.length === 0 || resources.some(({ name }) => subscription.held.get(name) !== undefined),
  );
  return {
    typeUrl: subscription.typeUrl,
    wildcard: subscription.wildcard,
    names: subscription.names.size,
    held: subscription.held.size,
    ackedVersion: acks.ackedVersion,
    rejection: rejection && rejectionStatus(rejection, nowMs),
    unansweredMs: oldestUnanswered && nowMs - oldestUnanswered.sentAtMs,
    pending: subscription.pendingCount,
  };
}

function rejectionStatus(rejection: Rejection, nowMs: number): RejectionStatus {
  const { version, code, message, atMs } = rejection;
  return { version, names: rejectedNames(rejection), code, message, agoMs: nowMs - atMs };
}
