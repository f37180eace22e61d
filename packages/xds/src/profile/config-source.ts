import type { ConfigSource } from '../gen/envoy/config/core/v3/config_source_pb.ts';
import type { Report } from './problem.ts';

/** gRPC clients take what a resource refers to from the same server only (gRFC A27). */
export function checkConfigSource(report: Report, field: string, source: ConfigSource | undefined): void {
  const { case: from } = source?.configSourceSpecifier ?? {};
  if (from !== 'ads' && from !== 'self') throw report(field, 'is neither ads nor self');
}
