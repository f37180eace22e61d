import type { Plan } from '../fanout/cases.ts';

/** What the driver is told beside that; field by field in ../fanout/driver/plan.go. */
export interface FleetPlan extends Plan {
  readonly streamsPerConnection: number;
  readonly ownAddresses: boolean;
  readonly oneNode: boolean;
  readonly visits: number;
  readonly restMs: number;
}

export interface FleetCase {
  readonly name: string;
  readonly title: string;
  readonly plan: FleetPlan;
}

export interface FleetSize {
  readonly clients: number;
  readonly streamsPerConnection: number;
  readonly services: number;
  readonly rounds: number;
  readonly visits: number;
  readonly changesPerSecond: number;
  readonly seconds: number;
  readonly restSeconds: number;
}

/** Targets of the client that has several. */
const targets = 30;

/** All cases, in the order in which they run. */
export function fleetCases(size: FleetSize): FleetCase[] {
  const { clients, streamsPerConnection, services, changesPerSecond, seconds } = size;
  const base: FleetPlan = {
    case: 'fleet',
    client: 'lean',
    clients,
    services: 1,
    endpoints: 100,
    subscriptions: 1,
    rounds: size.rounds,
    warmUp: 3,
    settleMs: 150,
    timeoutMs: 120_000,
    changes: 0,
    changesPerSecond: 0,
    streamsPerConnection,
    ownAddresses: true,
    oneNode: false,
    visits: 1,
    restMs: size.restSeconds * 1000,
  };
  const alone: FleetPlan = { ...base, services: targets, endpoints: 10, streamsPerConnection: 1, restMs: 0 };
  return [
    { name: 'one', title: `${clients} clients of one Service with 100 endpoints`, plan: base },
    {
      name: 'many',
      title: `${clients} clients of one of ${services} Services each; ${changesPerSecond} changes a second for ${seconds} s`,
      plan: { ...base, services, endpoints: 10, changes: changesPerSecond * seconds, changesPerSecond },
    },
    {
      name: 'visits',
      title: `${clients} clients of one of ${services} Services each come and go ${size.visits} times`,
      plan: { ...base, services, endpoints: 10, warmUp: 0, rounds: 0, visits: size.visits },
    },
    {
      name: 'targets-connections',
      title: `one client with ${targets} targets, a connection each, as grpc-go has it`,
      plan: { ...alone, clients: targets, ownAddresses: false, oneNode: true },
    },
    {
      name: 'targets-names',
      title: `one client with ${targets} targets on one stream, as grpc-js has it`,
      plan: { ...alone, clients: 1, subscriptions: targets },
    },
  ];
}

/** Open files that a server, or the driver, needs for something else. */
const otherFiles = 1_300;

/** The fewest streams a connection with which so many clients have room in one process. */
export function streamsWithin(clients: number, openFiles: number): number {
  return Math.ceil(clients / Math.max(1, openFiles - otherFiles));
}
