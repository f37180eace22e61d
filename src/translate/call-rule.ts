import type { RouteRuleSpec } from '@evenkeel/xds';
import type { ServicePolicy } from '../model/policy.ts';

/** Where calls of a Service go, and what its policy asks of them. */
export function callRule(cluster: string, { maxStreamDurationMs, retries }: ServicePolicy): RouteRuleSpec {
  return {
    ...{ cluster, timeoutMs: maxStreamDurationMs },
    ...(retries === undefined ? {} : { retry: { on: ['unavailable'], retries } }),
  };
}
