import type { SlowPodOptions } from './options.ts';

/** gRPC looks every 10 s by default; shortened to fit the run. */
export const outlierIntervalMs = 500;

/** One row: how a pod is chosen, by whom, and how patient the caller is. */
export interface Policy {
  readonly name: 'round_robin' | 'outlier_detection' | 'least_request';
  readonly by: 'client' | 'envoy';
  readonly patience: 'patient' | 'short';
  readonly why: string;
}

export const policies: readonly Policy[] = [
  {
    ...{ name: 'round_robin', by: 'client', patience: 'patient' },
    why: 'every pod gets its turn, however long it takes',
  },
  {
    ...{ name: 'outlier_detection', by: 'client', patience: 'patient' },
    why: 'a late answer is an answer: outlier detection of gRPC counts failures only (gRFC A50)',
  },
  {
    ...{ name: 'round_robin', by: 'client', patience: 'short' },
    why: 'every call whose turn it is at the slow pod misses its deadline',
  },
  {
    ...{ name: 'outlier_detection', by: 'client', patience: 'short' },
    why: 'calls that miss their deadline are failures, and a pod with too many of them is left out',
  },
  { ...{ name: 'round_robin', by: 'envoy', patience: 'patient' }, why: 'a proxy in between changes nothing by itself' },
  {
    ...{ name: 'least_request', by: 'envoy', patience: 'patient' },
    why: 'who takes longer has more calls in flight, and of two pods the one with fewer is chosen',
  },
];

/** A patient caller waits for the slow pod; the other gives up half-way between the two kinds of pods. */
export function deadlineOf({ patience }: Policy, { latencyMs, slower }: SlowPodOptions): number {
  return patience === 'patient' ? 5000 + latencyMs * slower : Math.round(latencyMs * Math.sqrt(slower) + 30);
}

/** `grpc.service_config` of a client that chooses pods itself. */
export function serviceConfigOf({ name }: Policy): object {
  if (name !== 'outlier_detection') return { loadBalancingConfig: [{ [name]: {} }] };
  const seconds = (ms: number) => ({ seconds: Math.floor(ms / 1000), nanos: (ms % 1000) * 1e6 });
  return {
    loadBalancingConfig: [
      {
        outlier_detection: {
          interval: seconds(outlierIntervalMs),
          base_ejection_time: seconds(30_000),
          max_ejection_percent: 50,
          failure_percentage_ejection: {
            threshold: 50,
            enforcement_percentage: 100,
            minimum_hosts: 3,
            request_volume: 5,
          },
          child_policy: [{ round_robin: {} }],
        },
      },
    ],
  };
}
