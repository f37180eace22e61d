/** Who decides which pods a caller calls. */
export const ways = {
  'no zones': 'every client calls every pod in turn',
  priorities:
    "own zone first, the others only once it has no pod: locality failover by priorities, as Istio's for gRPC without a sidecar",
  envoy: "Envoy's zone-aware routing: an Envoy in each zone, which knows how many callers each zone has",
  evenkeel: 'trafficDistribution: PreferSameZone, with load reports',
} as const;

export type Way = keyof typeof ways;

export const wayNames = Object.keys(ways) as Way[];
