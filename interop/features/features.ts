import { create } from '@bufbuild/protobuf';
import { anyPack } from '@bufbuild/protobuf/wkt';
import type { LoadBalancingPolicySpec, LocalitySpec, RouteRuleSpec } from '@evenkeel/xds';
import { ClientSideWeightedRoundRobinSchema } from '@evenkeel/xds/gen/envoy/extensions/load_balancing_policies/client_side_weighted_round_robin/v3/client_side_weighted_round_robin_pb';
import { failed } from '../driver/tally.ts';
import type { PodName } from './pods.ts';
import type { Session } from './session.ts';

/**
 * What a client does with something: `honoured`, it does it; `ignored`, it takes it and nothing comes of it; `accepted`, it takes it,
 * and what comes of it could not be seen; `rejected`, it does not take it.
 */
export type Verdict = 'honoured' | 'ignored' | 'accepted' | 'rejected';

export interface Finding {
  readonly verdict: Verdict;
  /** What was seen, in a few words. */
  readonly seen: string;
}

/** What clients are sent for a feature; the name of it is that of all resources. */
export interface Sent {
  readonly policies?: readonly LoadBalancingPolicySpec[];
  readonly localities: readonly LocalitySpec[];
  readonly rule?: Omit<RouteRuleSpec, 'cluster'>;
  readonly reportLoad?: boolean;
  /** Names of `lrs_report_endpoint_metrics`. Default: none are asked for. */
  readonly reportMetrics?: readonly string[];
  readonly outlierDetection?: boolean;
}

export interface Feature {
  readonly id: string;
  readonly title: string;
  /** How it is measured, for the page. */
  readonly how: string;
  /** Absent: nothing of its own is sent. */
  sent?(
    pods: (name: PodName, more?: { weight?: number; healthy?: boolean }) => LocalitySpec['endpoints'][number],
  ): Sent;
  measure(session: Session): Promise<Finding>;
}

const roundRobin = 'round_robin' as const;

export const features: readonly Feature[] = [
  {
    id: 'pod-localities',
    title: 'each pod a locality, `RoundRobin` on top',
    how: '200 calls, two localities of one pod each: exact turns, or random between localities',
    sent: (pod) => ({ policies: [roundRobin], localities: [place('1', pod('a')), place('2', pod('b'))] }),
    measure: async (session) => {
      const { a = 0 } = await session.warmed(200);
      return found(Math.abs(a - 100) <= 1, `${a} of 200`);
    },
  },
  {
    id: 'locality-weights',
    title: 'locality weights',
    how: '400 calls, two localities of weight 1 and 3 (`WrrLocality`)',
    sent: (pod) => ({
      policies: [{ localityWeighted: [roundRobin] }, roundRobin],
      localities: [
        { ...place('1', pod('a')), weight: 1 },
        { ...place('2', pod('b')), weight: 3 },
      ],
    }),
    measure: (session) => quarter(session),
  },
  {
    id: 'endpoint-weights',
    title: 'endpoint weights',
    how: '400 calls, two endpoints of weight 1 and 3 in one locality, round robin',
    sent: (pod) => ({ localities: [place('1', pod('a', { weight: 1 }), pod('b', { weight: 3 }))] }),
    measure: (session) => quarter(session),
  },
  {
    id: 'priorities',
    title: 'priorities',
    how: '100 calls, one pod in priority 0 and one in priority 1',
    sent: (pod) => ({ localities: [place('1', pod('a')), { ...place('2', pod('b')), priority: 1 }] }),
    measure: async (session) => {
      const { a = 0 } = await session.calls(100);
      return found(a === 100, `${a} of 100 to priority 0`);
    },
  },
  {
    id: 'health',
    title: 'health status',
    how: '100 calls, one of two endpoints UNHEALTHY',
    sent: (pod) => ({ localities: [place('1', pod('a'), pod('b', { healthy: false }))] }),
    measure: async (session) => {
      const { b = 0 } = await session.calls(100);
      return found(b === 0, `${b} of 100 to the unhealthy one`);
    },
  },
  {
    id: 'lrs',
    title: 'load reports (LRS)',
    how: 'a report of the cluster within 6 s',
    sent: (pod) => ({ reportLoad: true, localities: [place('1', pod('a'))] }),
    measure: async (session) => {
      await session.calls(20);
      const heard = await session.reported(6_000);
      return found(heard !== undefined, heard === undefined ? 'none' : `${heard.calls} calls reported`);
    },
  },
  {
    id: 'lrs-metrics',
    title: 'metrics of pods in load reports (A64)',
    how: 'a pod that says two named metrics (ORCA), and whether they are in a report of the cluster within 6 s',
    sent: (pod) => ({ reportLoad: true, localities: [place('1', pod('idle'))] }),
    measure: async (session) => {
      const metrics = await reportedMetrics(session);
      return found(metrics.includes('queue') && metrics.includes('threads'), metrics.join(', ') || 'none');
    },
  },
  {
    id: 'lrs-chosen-metrics',
    title: '`lrs_report_endpoint_metrics` (A85)',
    how: '`cpu_utilization` and one of two named metrics are asked for: whether these are reported, and the other is not',
    sent: (pod) => ({
      ...{ reportLoad: true, reportMetrics: ['cpu_utilization', 'named_metrics.queue'] },
      localities: [place('1', pod('idle'))],
    }),
    measure: async (session) => {
      const metrics = await reportedMetrics(session);
      const isAsked = (name: string): boolean => name === 'cpu_utilization' || name === 'named_metrics.queue';
      return found(metrics.length === 2 && metrics.every(isAsked), metrics.join(', ') || 'none');
    },
  },
  {
    id: 'outlier-detection',
    title: 'outlier detection (A50)',
    how: 'one of two pods fails all calls; 60 calls two intervals after the first 60',
    sent: (pod) => ({ outlierDetection: true, localities: [place('1', pod('a'), pod('failing'))] }),
    measure: async (session) => {
      await session.tally(60);
      await session.pause(1_500);
      const lost = failed(await session.tally(60));
      return found(lost <= 3, `${lost} of 60 still fail`);
    },
  },
  {
    id: 'weighted-round-robin',
    title: 'weighted round robin (A58), ORCA in answers',
    how: '400 calls after 2 s of calls, two pods that say they are busy to 90 and 30 %',
    sent: (pod) => ({ policies: [weighted(false), roundRobin], localities: [place('1', pod('busy'), pod('idle'))] }),
    measure: async (session) => {
      await session.load(60, 2_000);
      const { busy = 0 } = await session.calls(400);
      return found(busy < 140, `${busy} of 400 to the busy one`);
    },
  },
  {
    id: 'orca-stream',
    title: 'ORCA out of band (A51, A58)',
    how: 'whether a client asks its pods for a stream of reports',
    sent: (pod) => ({ policies: [weighted(true), roundRobin], localities: [place('1', pod('busy'), pod('idle'))] }),
    measure: async (session) => {
      const before = session.orcaStreams();
      await session.warmed(20);
      await session.pause(500);
      const streams = session.orcaStreams() - before;
      return found(streams > 0, `${streams} streams`);
    },
  },
  {
    id: 'ring-hash',
    title: 'ring hash (A42)',
    how: '60 calls with one value of a header, two pods',
    sent: (pod) => ({
      ...{ policies: ['ring_hash', roundRobin], rule: { hashHeaders: ['evenkeel-run'] } },
      localities: [place('1', pod('a'), pod('b'))],
    }),
    measure: async (session) => {
      const { a = 0 } = await session.calls(60);
      return found(a === 0 || a === 60, `${a} of 60`);
    },
  },
  {
    id: 'least-request',
    title: 'least request (A48)',
    how: '60 calls a second for 3 s, one of two pods takes 700 ms',
    sent: (pod) => ({ policies: ['least_request', roundRobin], localities: [place('1', pod('a'), pod('slow'))] }),
    measure: async (session) => {
      const { a = 0, slow = 0 } = await session.load(60, 3_000);
      const share = slow / Math.max(1, a + slow);
      return found(share < 0.35, `${(100 * share).toFixed(0)} % to the slow one`);
    },
  },
  {
    id: 'max-stream-duration',
    title: '`max_stream_duration` (A31)',
    how: '200 ms, a pod that takes 700 ms, a deadline of 30 s',
    sent: (pod) => ({ rule: { timeoutMs: 200 }, localities: [place('1', pod('slow'))] }),
    measure: async (session) => {
      const { failures } = await session.tally(3);
      const [status = 'answered'] = Object.keys(failures);
      return found(status.startsWith('DEADLINE_EXCEEDED'), status.split(':')[0]!);
    },
  },
  {
    id: 'retries',
    title: 'retries (A44)',
    how: 'one of two pods answers UNAVAILABLE; 40 calls, three retries',
    sent: (pod) => ({
      rule: { retry: { on: ['unavailable'], retries: 3 } },
      localities: [place('1', pod('a'), pod('failing'))],
    }),
    measure: async (session) => {
      const lost = failed(await session.tally(40));
      // Chance alone may choose the failing pod four times in a row.
      return found(lost <= 5, `${lost} of 40 failed`);
    },
  },
  {
    id: 'delta',
    title: 'incremental xDS (delta)',
    how: 'the method of its stream',
    measure: async (session) => {
      const variants = session.variants();
      return found(variants.includes('delta'), variants.join(', '));
    },
  },
  {
    id: 'resource-errors',
    title: '`resource_errors` (A88)',
    how: 'a listener answered with an error; a call within 6 s, before the timer of 15 s',
    measure: async (session) => {
      const failure = await session.failureOf('xds://errors/broken', 6_000);
      return found(failure.includes('refused on purpose'), failure.slice(0, 60));
    },
  },
  {
    id: 'xdstp',
    title: '`xdstp` names (A47)',
    how: '`xds://names/plain`, whose listener has an `xdstp:` name',
    sent: (pod) => ({ localities: [place('1', pod('a'))] }),
    measure: async (session) => {
      const failure = await session.failureOf('xds://names/xdstp', 6_000);
      return found(failure === '', failure === '' ? 'answered' : failure.slice(0, 60));
    },
  },
];

function place(zone: string, ...endpoints: LocalitySpec['endpoints'][number][]): LocalitySpec {
  return { zone, endpoints };
}

function found(honoured: boolean, seen: string): Finding {
  return { verdict: honoured ? 'honoured' : 'ignored', seen };
}

/** Names of the metrics that a client reports of the pods it has called, in order. */
async function reportedMetrics(session: Session): Promise<string[]> {
  await session.calls(20);
  const heard = await session.reported(6_000);
  return [...(heard?.metrics ?? [])].sort();
}

/** A quarter to one of two, or half. */
async function quarter(session: Session): Promise<Finding> {
  const { a = 0 } = await session.warmed(400);
  return found(a < 150, `${a} of 400`);
}

function weighted(enable: boolean): LoadBalancingPolicySpec {
  const config = create(ClientSideWeightedRoundRobinSchema, {
    enableOobLoadReport: enable,
    oobReportingPeriod: { seconds: 1n },
    // grpc-go 1.63 takes it for the time after which a weight expires, too.
    blackoutPeriod: { nanos: 500_000_000 },
    weightUpdatePeriod: { nanos: 100_000_000 },
  });
  return {
    name: 'envoy.load_balancing_policies.client_side_weighted_round_robin',
    config: anyPack(ClientSideWeightedRoundRobinSchema, config),
  };
}
