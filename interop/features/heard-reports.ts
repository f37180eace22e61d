import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { frameMessage, type GrpcRouter, loadReportPath } from '@evenkeel/xds';
import type { UpstreamLocalityStats } from '@evenkeel/xds/gen/envoy/config/endpoint/v3/load_report_pb';
import { LoadStatsRequestSchema, LoadStatsResponseSchema } from '@evenkeel/xds/gen/envoy/service/load_stats/v3/lrs_pb';

/** What a client reported of a cluster. */
export interface HeardCluster {
  readonly calls: number;
  /** Names of what pods say of themselves. */
  readonly metrics: ReadonlySet<string>;
}

/** A server of load reports that asks for all clusters each second, and keeps what the library's own passes over: metrics of pods. */
export class HeardReports {
  readonly #clusters = new Map<string, HeardCluster>();

  addTo(router: GrpcRouter): void {
    router.add(loadReportPath, (call) => {
      let nodeId: string | undefined;
      return {
        message: (bytes) => {
          const { node, clusterStats } = fromBinary(LoadStatsRequestSchema, bytes);
          if (nodeId === undefined) {
            nodeId = node?.id ?? '';
            const answer = create(LoadStatsResponseSchema, {
              ...{ sendAllClusters: true, loadReportingInterval: { seconds: 1n } },
            });
            call.write(frameMessage(toBinary(LoadStatsResponseSchema, answer)));
          }
          for (const { clusterName, upstreamLocalityStats } of clusterStats)
            this.#hear(`${nodeId} ${clusterName}`, upstreamLocalityStats);
        },
        halfClosed: () => call.end(0),
        closed: () => {},
      };
    });
  }

  /** Undefined: no call of it was reported. */
  of(nodeId: string, cluster: string): HeardCluster | undefined {
    return this.#clusters.get(`${nodeId} ${cluster}`);
  }

  #hear(key: string, localities: readonly UpstreamLocalityStats[]): void {
    const before = this.#clusters.get(key);
    const calls = localities.reduce(
      (sum, one) => sum + Number(one.totalSuccessfulRequests + one.totalErrorRequests),
      0,
    );
    if (before === undefined && calls === 0) return;
    const metrics = localities.flatMap(metricsOf);
    this.#clusters.set(key, {
      calls: (before?.calls ?? 0) + calls,
      metrics: new Set([...(before?.metrics ?? []), ...metrics]),
    });
  }
}

function metricsOf(stats: UpstreamLocalityStats): string[] {
  const { cpuUtilization, memUtilization, applicationUtilization, loadMetricStats } = stats;
  return [
    ...(cpuUtilization === undefined ? [] : ['cpu_utilization']),
    ...(memUtilization === undefined ? [] : ['mem_utilization']),
    ...(applicationUtilization === undefined ? [] : ['application_utilization']),
    ...loadMetricStats.map(({ metricName }) => metricName),
  ];
}
