import type { EncodedResource } from '@evenkeel/xds';
import { formatAddress } from '../base/listen-address.ts';
import type { Endpoint } from '../model/endpoint.ts';
import type { Service, ServicePort } from '../model/service.ts';
import { joinPlan } from '../plan/join-plan.ts';
import {
  type HeardCalls,
  noState,
  type Plan,
  type PlanClient,
  type PlanInput,
  type PlanPolicy,
  type PlanState,
} from '../plan/plan-input.ts';
import { planService } from '../plan/plan-service.ts';
import { hasPodLocalities, podAssignment } from '../translate/pod-localities.ts';
import { mergedAssignment } from '../translate/translate-service.ts';
import type { ClientForm } from './client-form.ts';

/** A stream, as a plan knows it. */
export interface SteeredClient {
  /** Unique in the life of the process. */
  readonly number: number;
  /** The id of its node: the same again when it reconnects. */
  readonly nodeId: string;
  readonly kubeNode: string | undefined;
  /** Zone by its own word; empty where it does not say. */
  readonly zone: string;
  /** `NAMESPACE/WORKLOAD` */
  readonly caller: string;
  /** Undefined where it does not report its load. */
  readonly form: ClientForm | undefined;
}

export interface PlannedPortOptions {
  /** The zone of a Kubernetes node; undefined where unknown. */
  readonly zoneOf: (kubeNode: string) => string | undefined;
  /** What clients reported of this port. */
  readonly heard: () => readonly HeardCalls[];
  /** Milliseconds of a clock that never goes back, more than 0. */
  readonly nowMs: () => number;
  /** Called with what is encoded. */
  readonly encoded: (resource: EncodedResource, service: Service) => void;
}

/** Endpoints that some clients are given, encoded at most once for each form. */
interface Given {
  readonly endpoints: readonly Endpoint[];
  /** They are all that there are, so the assignment is the one of everybody. */
  readonly isWhole: boolean;
  merged?: EncodedResource;
  pods?: EncodedResource;
}

/** Which client is given which endpoints of one Service port. Keeps the plan, its state and what is encoded. */
export class PlannedPort {
  readonly policy: PlanPolicy;
  readonly #options: PlannedPortOptions;
  readonly #clients = new Map<string, SteeredClient>();
  readonly #ids = new Map<number, string>();
  #given = new Map<number, Given>();
  /** By the keys of the pods. */
  #known = new Map<string, Given>();
  #state: PlanState = noState;
  #plan: Plan | undefined;
  #service: Service;
  #port: ServicePort;

  /** @param service - with the endpoints that are published */
  constructor(policy: PlanPolicy, service: Service, port: ServicePort, options: PlannedPortOptions) {
    this.policy = policy;
    this.#service = service;
    this.#port = port;
    this.#options = options;
  }

  /** What was planned last; undefined: no client came yet. */
  get plan(): Pick<Plan, 'why' | 'expected' | 'groups' | 'nextMs'> | undefined {
    return this.#plan;
  }

  get clients(): number {
    return this.#clients.size;
  }

  /** Whether it is known what the client is given. */
  has(client: number): boolean {
    return this.#ids.has(client);
  }

  /** The published endpoints are these now; {@link replan} is to follow. */
  update(service: Service, port: ServicePort): void {
    this.#service = service;
    this.#port = port;
  }

  /** Gives endpoints to a client that came, without a change for anybody else. */
  join(client: SteeredClient): void {
    const id = this.#idFor(client);
    const { pods, state } = joinPlan(this.#input(), id);
    this.#state = state;
    this.#given.set(client.number, this.#givenFor(pods, endpointsByKey(this.#port)));
  }

  /** As {@link join}, where {@link replan} follows at once. */
  add(client: SteeredClient): void {
    this.#idFor(client);
  }

  /** Returns whether the client was one of this port. */
  leave(client: number): boolean {
    const id = this.#ids.get(client);
    if (id === undefined) return false;
    this.#ids.delete(client);
    this.#clients.delete(id);
    this.#given.delete(client);
    return true;
  }

  /** Decides anew; returns the clients that are given something else than before. */
  replan(): Set<number> {
    const plan = planService(this.#input());
    this.#plan = plan;
    this.#state = plan.state;
    const byKey = endpointsByKey(this.#port);
    const before = this.#given;
    this.#given = new Map();
    const changed = new Set<number>();
    const known = new Map<string, Given>();
    for (const { clients, pods } of plan.groups) {
      const given = this.#givenFor(pods, byKey);
      known.set(pods.join(), given);
      for (const id of clients) {
        const { number } = this.#clients.get(id)!;
        this.#given.set(number, given);
        if (before.get(number) !== given) changed.add(number);
      }
    }
    this.#known = known;
    return changed;
  }

  /** The assignment of a client that joined; undefined where it is that of everybody. */
  assignmentOf({ number, form }: SteeredClient): EncodedResource | undefined {
    const given = this.#given.get(number);
    if (given === undefined || given.isWhole) return undefined;
    const port = { ...this.#port, endpoints: given.endpoints };
    if (form === 'pods' && hasPodLocalities(this.#service)) {
      given.pods ??= this.#encode(podAssignment(this.#service, port));
      return given.pods;
    }
    given.merged ??= this.#encode(mergedAssignment(this.#service, port));
    return given.merged;
  }

  #encode(resource: EncodedResource): EncodedResource {
    this.#options.encoded(resource, this.#service);
    return resource;
  }

  #input(): PlanInput {
    const { zoneOf, heard, nowMs } = this.#options;
    return {
      policy: this.policy,
      pods: this.#port.endpoints.map((endpoint) => ({
        key: keyOf(endpoint),
        zone: endpoint.locality.zone,
        kubeNode: endpoint.kubeNode,
        pod: endpoint.pod,
        uid: endpoint.uid,
      })),
      clients: [...this.#clients].map(([id, client]): PlanClient => {
        const { zone, kubeNode, caller, form } = client;
        const where = zone !== '' ? zone : kubeNode === undefined ? '' : (zoneOf(kubeNode) ?? '');
        return { id, zone: where, kubeNode, caller, reports: form !== undefined };
      }),
      heard: heard(),
      nowMs: nowMs(),
      state: this.#state,
    };
  }

  /** The id of its node; of several streams of one node all but one have a number as well. */
  #idFor(client: SteeredClient): string {
    let id = client.nodeId;
    for (let copy = 2; this.#clients.has(id); copy++) id = `${client.nodeId} ${copy}`;
    this.#clients.set(id, client);
    this.#ids.set(client.number, id);
    return id;
  }

  #givenFor(pods: readonly string[], byKey: ReadonlyMap<string, Endpoint>): Given {
    const endpoints = pods.map((key) => byKey.get(key)!);
    const isWhole = endpoints.length === byKey.size;
    const known = this.#known.get(pods.join());
    const isKnown = known !== undefined && known.isWhole === isWhole && isSame(known.endpoints, endpoints);
    return isKnown ? known : { endpoints, isWhole };
  }
}

function keyOf({ address, port }: Endpoint): string {
  return formatAddress(address, port);
}

function endpointsByKey({ endpoints }: ServicePort): Map<string, Endpoint> {
  return new Map(endpoints.map((endpoint) => [keyOf(endpoint), endpoint]));
}

function isSame(one: readonly Endpoint[], other: readonly Endpoint[]): boolean {
  return one.length === other.length && one.every((endpoint, index) => endpoint === other[index]);
}
