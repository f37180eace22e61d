import type { Peer } from '../grpc/transport.ts';
import type { XdsNode } from '../node.ts';

/** Where calls went, as a client's report names it: the locality that an assignment gave to the endpoints. */
export interface ReportedLocality {
  readonly region: string;
  readonly zone: string;
  readonly subZone: string;
}

/** Calls to one locality of a cluster since the report before (`UpstreamLocalityStats`). */
export interface LocalityLoad {
  readonly locality: ReportedLocality;
  readonly priority: number;
  /** Calls that began; 0 as well where a client does not report it. */
  readonly issued: number;
  /** Calls that ended well. */
  readonly succeeded: number;
  /** Calls that ended with an error, a deadline or a cancellation. */
  readonly failed: number;
  /** Calls that were under way when the report was made. */
  readonly inProgress: number;
}

/** Calls to one cluster since the report before (`ClusterStats`). */
export interface ClusterLoad {
  readonly name: string;
  /** Name of the assignment; empty where it is the cluster's. */
  readonly serviceName: string;
  /** Time that the figures stand for, as the client measured it, milliseconds; 0 where it does not say. */
  readonly intervalMs: number;
  /** Calls that were dropped before an endpoint was chosen. */
  readonly dropped: number;
  readonly localities: readonly LocalityLoad[];
}

/** One message of a client. */
export interface LoadReport {
  readonly clusters: readonly ClusterLoad[];
  /** Clusters that were left out, since the client may not see them. */
  readonly hidden: number;
  /** Bytes of the message. */
  readonly bytes: number;
}

/** One stream of reports. */
export interface LoadStreamInfo {
  /** Unique in this process, among streams of reports. */
  readonly id: number;
  readonly peer: Peer;
  readonly node: XdsNode;
  /** Interval that the client was asked for, milliseconds. */
  readonly intervalMs: number;
  /** So many bytes are held now of what it has reported: charged to its connection while the stream is open. */
  readonly hold: (bytes: number) => void;
}

/** Bounds on what reports can make the server hold or do. */
export interface LoadReportLimits {
  /** Streams at once; further ones end with RESOURCE_EXHAUSTED. Some clients open one for each target. Default 40,000. */
  readonly streams: number;
  /** Bytes of the node in the first message; Envoy 1.40 has 61 kB of it. Default 128 KiB. */
  readonly nodeBytes: number;
  /** Clusters of one report. Default 10,000. */
  readonly clustersPerReport: number;
  /** Localities of one report, over all its clusters. Default 50,000. */
  readonly localitiesPerReport: number;
  /** Bytes of a cluster's name, and of a locality. Default 1 KiB. */
  readonly nameBytes: number;
  /** A count above it ends the stream: nobody makes that many calls. Default 1e12. */
  readonly count: number;
  /** Reports that may come at once, before the interval is kept to twice over. Default 20. */
  readonly burst: number;
}

/** The bounds that are in force where none is given. */
export const defaultLoadReportLimits: LoadReportLimits = {
  streams: 40_000,
  nodeBytes: 128 * 1024,
  clustersPerReport: 10_000,
  localitiesPerReport: 50_000,
  nameBytes: 1024,
  count: 1e12,
  burst: 20,
};
