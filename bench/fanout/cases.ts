/** What the driver is told; field by field in driver/plan.go. */
export interface Plan {
  readonly case: 'change' | 'storm' | 'burst' | 'cold' | 'fleet';
  readonly client: 'lean' | 'grpc';
  readonly clients: number;
  readonly services: number;
  readonly endpoints: number;
  readonly subscriptions: number;
  readonly rounds: number;
  readonly warmUp: number;
  readonly settleMs: number;
  readonly timeoutMs: number;
  readonly changes: number;
  readonly changesPerSecond: number;
}

export interface BenchCase {
  readonly name: string;
  readonly title: string;
  readonly plan: Plan;
  /** The null server follows no protocol; where that would be no floor, it is left out. */
  readonly withFloor: boolean;
}

export interface CaseOptions {
  readonly client: Plan['client'];
  readonly clients: number;
  /** Measured rounds; medians of fewer than 7 say little. */
  readonly rounds: number;
  /** A burst of 6 seconds instead of a minute. */
  readonly quick: boolean;
}

/** All cases, in the order in which they run. */
export function benchCases({ client, clients, rounds, quick }: CaseOptions): BenchCase[] {
  const base: Plan = {
    case: 'change',
    client,
    clients,
    services: 1,
    endpoints: 100,
    subscriptions: 1,
    rounds,
    warmUp: quick ? 5 : 20,
    settleMs: 150,
    timeoutMs: 30_000,
    changes: 0,
    changesPerSecond: 0,
  };
  const perMinute = 5000;
  return [
    {
      name: 'change-100',
      title: `one service with 100 endpoints, one of which changes; ${clients} clients`,
      plan: base,
      withFloor: true,
    },
    {
      name: 'change-1000',
      title: `one service with 1,000 endpoints, one of which changes; ${clients} clients`,
      plan: { ...base, endpoints: 1000 },
      withFloor: true,
    },
    {
      name: 'services-1000',
      title: `1,000 services, one of which changes; ${clients} clients of 3 services each`,
      plan: { ...base, services: 1000, endpoints: 10, subscriptions: 3 },
      withFloor: true,
    },
    {
      name: 'storm',
      title: `${clients} clients connect at once, until each has listener, route, cluster and 100 endpoints`,
      plan: { ...base, case: 'storm', warmUp: 2 },
      withFloor: true,
    },
    {
      name: 'burst',
      title: `${perMinute} changes a minute for ${quick ? 6 : 60} s; one service with 100 endpoints, ${clients} clients`,
      plan: { ...base, case: 'burst', changes: quick ? perMinute / 10 : perMinute, changesPerSecond: perMinute / 60 },
      withFloor: false,
    },
  ];
}
