import { create, toBinary } from '@bufbuild/protobuf';
import { type Clock, systemClock } from '../clock.ts';
import { durationOf } from '../duration.ts';
import { messageOf } from '../errors.ts';
import { LoadStatsResponseSchema } from '../gen/envoy/service/load_stats/v3/lrs_pb.ts';
import type { CallHandler, CallStatus, ServerCall } from '../grpc/call.ts';
import { frameMessage } from '../grpc/message-reader.ts';
import { dismissalMessage } from '../grpc/methods.ts';
import type { GrpcRouter } from '../grpc/router.ts';
import { GrpcError, grpcStatus } from '../grpc/status.ts';
import type { Peer } from '../grpc/transport.ts';
import { AccountedSize } from '../memory/account.ts';
import { decodeNode, type XdsNode } from '../node.ts';
import { nodeSize } from '../stream/held-size.ts';
import { RateLimit } from '../transport/rate-limit.ts';
import {
  type ClusterLoad,
  defaultLoadReportLimits,
  type LoadReport,
  type LoadReportLimits,
  type LoadStreamInfo,
} from './load-report.ts';
import { LoadReportReader } from './load-report-reader.ts';
import { tooMuch } from './wire-cursor.ts';

/** Path of the one method of `envoy.service.load_stats.v3.LoadReportingService`. */
export const loadReportPath = '/envoy.service.load_stats.v3.LoadReportingService/StreamLoadStats';

/** What a {@link LoadReportService} is made of; only `onReport` is required. Callbacks run in the same tick and must not throw. */
export interface LoadReportServiceOptions {
  /** Takes a report. */
  readonly onReport: (report: LoadReport, stream: LoadStreamInfo) => void;
  /** A client has opened a stream and was asked for its reports. */
  readonly onOpen?: ((stream: LoadStreamInfo) => void) | undefined;
  /** A stream that was opened is over; `code` is a gRPC status code, 1 (CANCELLED) where the client ended it. */
  readonly onClose?:
    | ((stream: LoadStreamInfo, end: { readonly code: number; readonly message: string }) => void)
    | undefined;
  /** A client broke the protocol or a bound, and lost its stream. */
  readonly onRefused?: ((peer: Peer, end: { readonly code: number; readonly message: string }) => void) | undefined;
  /**
   * How often a client is to report, milliseconds, at least 1,000. It is asked once, when the client opens its stream, and
   * kept: some clients look at the first answer only. Default 1,000.
   */
  readonly intervalMs?: ((node: XdsNode, peer: Peer) => number) | undefined;
  /**
   * Whether a stream's interval is not what it should be any more. Asked after each report; where it is so the stream ends with
   * OK, at most a hundred a second, and the client opens another one and is asked anew. grpc-go and grpc-js lose the counts of an
   * interval by that, grpc-java and C-core none. Default: never.
   */
  readonly isOutdated?: ((stream: LoadStreamInfo) => boolean) | undefined;
  /**
   * Which clusters a client may report about; the others are left out of its reports. Called once a stream. Default, and
   * where it returns undefined: all of them.
   */
  readonly access?: ((node: XdsNode, peer: Peer) => ((clusterName: string) => boolean) | undefined) | undefined;
  readonly limits?: Partial<LoadReportLimits> | undefined;
  readonly clock?: Clock | undefined;
}

/** Below it, grpc-java and C-core use it all the same, and below zero grpc-go panics. */
const minIntervalMs = 1_000;
/** Streams that are ended to be asked anew. */
const renewals = { burst: 20, perSecond: 100 };
/** A stream beside its node. */
const streamBytes = 2 * 1024;

/** What all streams share. */
interface Environment {
  readonly options: LoadReportServiceOptions;
  readonly limits: LoadReportLimits;
  readonly reader: LoadReportReader;
  readonly renewals: RateLimit;
  readonly clock: Clock;
}

/**
 * The load reporting service (LRS): clients whose clusters were built with `reportLoad` report what became of their calls,
 * by cluster and locality. Put on the ports of an `AdsServer` with `addTo(server.services)`.
 */
export class LoadReportService {
  readonly #environment: Environment;
  readonly #open = new Set<LoadReportCall>();
  #lastId = 0;

  constructor(options: LoadReportServiceOptions) {
    const limits = { ...defaultLoadReportLimits, ...options.limits };
    const { clock = systemClock } = options;
    const reader = new LoadReportReader(limits);
    this.#environment = { options, limits, clock, reader, renewals: new RateLimit(renewals, clock.now()) };
  }

  /** Streams that are open. */
  get streams(): number {
    return this.#open.size;
  }

  /** Serves the method there. */
  addTo(router: GrpcRouter): void {
    router.add(loadReportPath, (call) => {
      const { streams } = this.#environment.limits;
      if (this.#open.size >= streams) {
        const refusal = tooMuch('too many streams of load reports', streams);
        this.#environment.options.onRefused?.(call.peer, refusal);
        throw refusal;
      }
      this.#lastId += 1;
      const handler = new LoadReportCall(this.#lastId, call, this.#environment, () => this.#open.delete(handler));
      this.#open.add(handler);
      return handler;
    });
  }
}

/** One stream: the first message says who reports and is answered once; every further one is a report. */
class LoadReportCall implements CallHandler {
  readonly #id: number;
  readonly #call: ServerCall;
  readonly #environment: Environment;
  readonly #released: () => void;
  readonly #size: AccountedSize;
  #info: LoadStreamInfo | undefined;
  #rate: RateLimit | undefined;
  #isOver = false;
  #sees: ((clusterName: string) => boolean) | undefined;

  constructor(id: number, call: ServerCall, environment: Environment, released: () => void) {
    this.#id = id;
    this.#call = call;
    this.#environment = environment;
    this.#released = released;
    this.#size = new AccountedSize(call.connection.account);
    this.#size.set(streamBytes);
  }

  message(bytes: Buffer): void {
    const { reader, renewals, options, clock } = this.#environment;
    const { node, clusters } = reader.read(bytes);
    this.#info ??= this.#begin(node);
    if (this.#rate?.take(clock.now()) === false) {
      throw new GrpcError(grpcStatus.resourceExhausted, 'more load reports than one in each interval');
    }
    if (clusters.length === 0) return;
    const seen = this.#visible(clusters);
    options.onReport({ clusters: seen, hidden: clusters.length - seen.length, bytes: bytes.length }, this.#info);
    if (options.isOutdated?.(this.#info) && renewals.take(clock.now())) this.#call.end(grpcStatus.ok);
  }

  halfClosed(): void {
    this.#call.end(grpcStatus.ok);
  }

  /** The client comes again with its next ADS stream. */
  dismiss(): void {
    this.#call.end(grpcStatus.unavailable, dismissalMessage);
  }

  closed(status: CallStatus): void {
    this.#hold(0);
    this.#isOver = true;
    this.#released();
    const { onRefused, onClose } = this.#environment.options;
    if (faults.has(status.code)) onRefused?.(this.#call.peer, status);
    if (this.#info !== undefined) onClose?.(this.#info, status);
  }

  #hold(bytes: number): void {
    if (!this.#isOver) this.#size.set(bytes);
  }

  #visible(clusters: readonly ClusterLoad[]): readonly ClusterLoad[] {
    const sees = this.#sees;
    return sees === undefined ? clusters : clusters.filter(({ name }) => sees(name));
  }

  #begin(bytes: Uint8Array | undefined): LoadStreamInfo {
    const { options, limits, clock } = this.#environment;
    const { peer } = this.#call;
    const node = readNode(bytes, limits);
    const intervalMs = Math.max(minIntervalMs, Math.round(options.intervalMs?.(node, peer) ?? minIntervalMs));
    const ownBytes = streamBytes + nodeSize(node);
    this.#size.set(ownBytes);
    this.#sees = options.access?.(node, peer);
    this.#rate = new RateLimit({ burst: limits.burst, perSecond: 2_000 / intervalMs }, clock.now());
    // A list of clusters instead would leave out its first one in grpc-js-xds.
    const answer = create(LoadStatsResponseSchema, {
      sendAllClusters: true,
      loadReportingInterval: durationOf(intervalMs),
    });
    this.#call.write(frameMessage(toBinary(LoadStatsResponseSchema, answer)));
    const hold = (bytes: number): void => this.#hold(ownBytes + bytes);
    const info = { id: this.#id, peer, node, intervalMs, hold };
    options.onOpen?.(info);
    return info;
  }
}

/** Statuses with which a call ends whose client broke a rule or a bound. */
const faults: ReadonlySet<number> = new Set([
  grpcStatus.invalidArgument,
  grpcStatus.resourceExhausted,
  grpcStatus.unimplemented,
]);

function readNode(bytes: Uint8Array | undefined, { nodeBytes }: LoadReportLimits): XdsNode {
  if (bytes === undefined) throw new GrpcError(grpcStatus.invalidArgument, 'the first message has no node');
  if (bytes.length > nodeBytes) throw tooMuch(`the node takes ${bytes.length} bytes`, nodeBytes);
  try {
    return decodeNode(bytes);
  } catch (cause) {
    throw new GrpcError(grpcStatus.invalidArgument, `not a node: ${messageOf(cause)}`);
  }
}
