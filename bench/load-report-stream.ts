import { create, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { type AdsTestClient, loadReportPath } from '@evenkeel/xds';
import { LoadStatsRequestSchema, LoadStatsResponseSchema } from '@evenkeel/xds/gen/envoy/service/load_stats/v3/lrs_pb';

type Report = MessageInitShape<typeof LoadStatsRequestSchema>;

export function encodeReport(report: Report): Uint8Array {
  return toBinary(LoadStatsRequestSchema, create(LoadStatsRequestSchema, report));
}

/** Opens a stream of load reports; resolves once the client was asked for them, with how often. */
export async function openLoadReports(client: AdsTestClient, node: Report['node']) {
  const call = client.call(loadReportPath);
  call.send(encodeReport({ node }));
  const { loadReportingInterval } = fromBinary(LoadStatsResponseSchema, await call.receive());
  return { call, intervalMs: Number(loadReportingInterval!.seconds) * 1_000 };
}
