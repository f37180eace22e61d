import { formatAddress } from '../base/listen-address.ts';
import type { HealthReport } from '../health/health-checker.ts';
import { type HealthState, targetKey } from '../health/target.ts';
import type { Endpoint } from '../model/endpoint.ts';
import type { Service, ServicePort } from '../model/service.ts';
import type { Plan } from '../plan/plan-input.ts';
import { canonicalName } from '../translate/targets.ts';
import type { EjectedView } from './ejections.ts';
import { type EndpointState, endpointState, type PortSelection, ruleMeanings } from './endpoint-state.ts';

/** An endpoint, and why clients get it or not. */
export interface ExplainedEndpoint {
  /** `ADDRESS:PORT` */
  readonly address: string;
  /** Null where discovery does not say. */
  readonly pod: string | null;
  readonly kubeNode: string | null;
  /** Empty where unknown. */
  readonly zone: string;
  readonly state: EndpointState;
  /** In a sentence without its subject. */
  readonly why: string;
}

export interface ExplainedPort {
  readonly port: number;
  readonly name: string;
  readonly appProtocol?: string | undefined;
  /** Whether what is known of it says that it speaks gRPC. */
  readonly isGrpc: boolean;
  /** Whether the target names no port and there were several to choose from. */
  readonly isChosen: boolean;
  /** The rule that chose the endpoints; null before the first publication. */
  readonly rule: string | null;
  readonly because: string | null;
  readonly total: number;
  /** Endpoints by state; `endpoints` may have fewer. */
  readonly states: Readonly<Record<string, number>>;
  /** Those that are left out first. */
  readonly endpoints: readonly ExplainedEndpoint[];
  /** Where clients are not all given all of the published endpoints alike: what they are given, and why. */
  readonly plan?: { readonly given: string; readonly why: readonly string[] } | undefined;
}

export interface PortFacts {
  readonly healthOf: (service: Service, endpoint: Endpoint) => HealthState | undefined;
  readonly healthReports: readonly HealthReport[];
  /** Why clients that report their calls do not get an endpoint, by what they report; null: they do. */
  readonly ejectedOf: (service: Service, port: number, endpoint: Endpoint) => EjectedView | null;
  /** What was planned for the port of this canonical name; undefined: nothing. */
  readonly planOf: (name: string) => Pick<Plan, 'why' | 'groups'> | undefined;
}

/** What became of the endpoints of one port. */
export function viewPort(
  {
    service,
    port,
    selection,
    isChosen,
    isGrpc,
  }: {
    readonly service: Service;
    readonly port: ServicePort;
    readonly selection: PortSelection | undefined;
    readonly isChosen: boolean;
    readonly isGrpc: boolean;
  },
  { healthOf, healthReports, ejectedOf, planOf }: PortFacts,
  limit: number,
): ExplainedPort {
  const reports = new Map(healthReports.map((report) => [targetKey(report.target), report]));
  const endpoints = port.endpoints.map((endpoint): ExplainedEndpoint => {
    const address = formatAddress(endpoint.address, endpoint.port);
    const state = endpointState(endpoint, selection, healthOf(service, endpoint));
    return {
      address,
      pod: endpoint.pod ?? null,
      kubeNode: endpoint.kubeNode ?? null,
      zone: endpoint.locality.zone,
      state,
      why: whyOf(state, reasonOf(service, endpoint, reports), ejectedOf(service, port.port, endpoint)),
    };
  });
  const { out = [], published = [] } = Object.groupBy(endpoints, ({ state }) =>
    state === 'published' ? 'published' : 'out',
  );
  return {
    port: port.port,
    name: port.name,
    appProtocol: port.appProtocol,
    isGrpc,
    isChosen,
    rule: selection?.rule ?? null,
    because: selection === undefined ? null : ruleMeanings[selection.rule],
    total: endpoints.length,
    states: Object.fromEntries(
      Map.groupBy(endpoints, ({ state }) => state)
        .entries()
        .map(([state, all]) => [state, all.length]),
    ),
    endpoints: [...out, ...published].slice(0, limit),
    plan: describePlan(planOf(canonicalName(service, port.port)), published.length),
  };
}

function describePlan(plan: ReturnType<PortFacts['planOf']>, published: number): ExplainedPort['plan'] {
  if (plan === undefined) return undefined;
  const { groups, why } = plan;
  const given = [
    ...(groups.some(({ pods }) => pods.length < published) ? ['a part of the pods'] : []),
    ...(groups.some(({ weights }) => weights?.some((weight) => weight !== weights[0])) ? ['weights of pods'] : []),
  ].join(' or ');
  return given === '' ? undefined : { given, why };
}

function reasonOf(
  { policy }: Service,
  { address, port }: Endpoint,
  reports: ReadonlyMap<string, HealthReport>,
): string | undefined {
  if (policy.healthCheck === undefined) return undefined;
  return reports.get(targetKey({ address, port, policy: policy.healthCheck }))?.reason;
}

const meanings: Readonly<Record<EndpointState, string>> = {
  published: 'gets calls',
  terminating: 'is terminating',
  'not-ready': 'is not ready',
  ejected: 'is ejected',
  damped: 'comes and goes, and is kept back until it settles',
  unhealthy: 'fails its health check',
  'unchecked-yet': 'waits for its first health check',
  pending: 'waits until its Service is published',
};

/** @param reason - what its last health check saw */
function whyOf(state: EndpointState, reason: string | undefined, ejected: EjectedView | null): string {
  if (state === 'ejected' && ejected !== null) return `${meanings[state]} until ${ejected.until}: ${ejected.why}`;
  return state === 'unhealthy' && reason ? `${meanings[state]}: ${reason}` : meanings[state];
}
