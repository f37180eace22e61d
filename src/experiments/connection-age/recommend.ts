import { jitter } from './model.ts';

/** The fleet that an age is to be chosen for. */
export interface Fleet {
  readonly clients: number;
  /** Pods of the service; each client holds a connection to each. */
  readonly pods: number;
  readonly scaleOutsPerHour: number;
  /** Pods that come with each. */
  readonly podsAdded: number;
  /** Processors that a pod has, which are idle until clients find it. */
  readonly coresPerPod: number;
  /** gRPC clients resolve a name again at most so often; default 30 s. */
  readonly dnsMs: number;
}

/** What an age costs, in processors that do nothing useful. */
export interface Cost {
  readonly ageMs: number;
  /** Opening connections, on both sides. */
  readonly reconnectCores: number;
  /** New pods that no client has found yet, at worst. */
  readonly idleCores: number;
  readonly totalCores: number;
  /** Connections that the fleet opens anew. */
  readonly reconnectsPerSecond: number;
  /** How long new pods wait at worst. */
  readonly foundWithinMs: number;
}

/** @param reconnectCpuMs - processor time of one reconnect, client and server together */
export function costOf(ageMs: number, fleet: Fleet, reconnectCpuMs: number): Cost {
  const { clients, pods, scaleOutsPerHour, podsAdded, coresPerPod, dnsMs } = fleet;
  const reconnectsPerSecond = (clients * pods * 1000) / ageMs;
  const reconnectCores = (reconnectsPerSecond * reconnectCpuMs) / 1000;
  const foundWithinMs = ageMs * (1 + jitter) + dnsMs;
  const idleCores = (scaleOutsPerHour * podsAdded * coresPerPod * foundWithinMs) / 3_600_000;
  const totalCores = reconnectCores + idleCores;
  return { ageMs, reconnectCores, idleCores, totalCores, reconnectsPerSecond, foundWithinMs };
}

/** Ages that a person would write down, in seconds. */
const roundAges = [1, 2, 5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 240, 300, 420, 600, 900, 1200, 1800, 2700, 3600];

/**
 * The age at which reconnects and idle pods cost the same, which is where their sum is least: the first falls with 1/age
 * and the second grows with it, so it is the square root of their ratio. Never below the time between two resolutions:
 * a shorter one makes clients reconnect without looking for pods more often. Without scale-outs the longest.
 */
export function recommendAgeMs(
  fleet: Fleet,
  reconnectCpuMs: number,
): { readonly ageMs: number; readonly exactMs: number } {
  const perMs = costOf(1, { ...fleet, dnsMs: 0 }, reconnectCpuMs);
  const exactMs = perMs.idleCores === 0 ? Number.POSITIVE_INFINITY : Math.sqrt(perMs.reconnectCores / perMs.idleCores);
  const wantedMs = Math.max(exactMs, fleet.dnsMs);
  const [longest] = roundAges.slice(-1);
  const ages = roundAges.map((seconds) => seconds * 1000).filter((age) => age >= fleet.dnsMs);
  const nearest = ages.toSorted((a, b) => Math.abs(Math.log(a / wantedMs)) - Math.abs(Math.log(b / wantedMs)))[0];
  return { ageMs: Number.isFinite(wantedMs) ? (nearest ?? fleet.dnsMs) : longest! * 1000, exactMs };
}

/**
 * Processor time that each reconnect takes, from processor time over reconnects of several ages: the slope of a straight
 * line through them (least squares). Null where it cannot be told: fewer than three points, or no rise.
 */
export function reconnectCost(
  points: readonly { readonly reconnectsPerSecond: number; readonly cpuMsPerSecond: number }[],
): number | null {
  if (points.length < 3) return null;
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [meanX, meanY] = [
    mean(points.map((one) => one.reconnectsPerSecond)),
    mean(points.map((one) => one.cpuMsPerSecond)),
  ];
  let [above, below] = [0, 0];
  for (const { reconnectsPerSecond, cpuMsPerSecond } of points) {
    above += (reconnectsPerSecond - meanX) * (cpuMsPerSecond - meanY);
    below += (reconnectsPerSecond - meanX) ** 2;
  }
  return below === 0 || above <= 0 ? null : above / below;
}
