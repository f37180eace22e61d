import type { EncodedResource } from '@evenkeel/xds';
import { formatAddress } from '../base/listen-address.ts';
import type { Endpoint } from '../model/endpoint.ts';
import type { Service, ServicePort } from '../model/service.ts';
import { Joins, type Share } from '../plan/joins.ts';
import type { HeardCalls, HeardWork, Plan, PlanClient, PlanInput, PlanPod, PlanPolicy } from '../plan/plan-input.ts';
import { planService } from '../plan/plan-service.ts';
import { wantsWeights } from '../plan/weigh-pods.ts';
import { hasPodLocalities, podAssignment } from '../translate/pod-localities.ts';
import { mergedAssignment } from '../translate/translate-service.ts';
import type { ClientForm } from './client-form.ts';

/** Nodes of clients that follow weights that are remembered, so that one that comes back is given the same. */
const maxWeightedNodes = 1_000;

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
  /** How it can be given weights: as those of localities, where its policy follows them, or of endpoints. */
  readonly weighs: 'localities' | 'endpoints' | undefined;
}

export interface PlannedPortOptions {
  /** The zone of a Kubernetes node; undefined where unknown. */
  readonly zoneOf: (kubeNode: string) => string | undefined;
  /** What clients reported of this port. */
  readonly heard: () => readonly HeardCalls[];
  /** What they reported of the work of its pods. */
  readonly work: () => readonly HeardWork[];
  /** Milliseconds of a clock that never goes back, more than 0. */
  readonly nowMs: () => number;
  /** Called with what is encoded. */
  readonly encoded: (resource: EncodedResource, service: Service) => void;
}

/** Endpoints that some clients are given, encoded at most once for each form. */
interface Given {
  readonly endpoints: readonly Endpoint[];
  /** Absent: exact turns. */
  readonly weights?: readonly number[] | undefined;
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
  /** Clients whose policy follows weights, by number, and by the ids of their nodes: also of some that left. */
  #weighted = new Set<number>();
  #weightedNodes = new Set<string>();
  #joins: Joins;
  #plan: Plan | undefined;
  #byKey: Map<string, Endpoint> | undefined;
  #service: Service;
  #port: ServicePort;

  /** @param service - with the endpoints that are published */
  constructor(policy: PlanPolicy, service: Service, port: ServicePort, options: PlannedPortOptions) {
    this.policy = policy;
    this.#service = service;
    this.#port = port;
    this.#options = options;
    this.#joins = new Joins(policy, this.#pods());
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
    this.#byKey = undefined;
  }

  /**
   * Decides once whether the policy of a client is to be one that follows weights: before it is sent its cluster, and for as
   * long as its stream lasts. Its node gets the same again.
   */
  decideWeights(client: SteeredClient): void {
    if (this.#weighted.has(client.number) || this.has(client.number)) return;
    if (client.weighs !== 'localities' || !hasPodLocalities(this.#service)) return;
    const known = this.#weightedNodes.delete(client.nodeId);
    // Of clients that come together all ask for the cluster before the first asks for endpoints.
    const clients = Math.max(this.#clients.size, this.#weighted.size);
    // Where nobody reports work is not known: draws would be less even than turns, for nothing.
    const policy = client.form === undefined ? { ...this.policy, balance: undefined } : this.policy;
    if (!known && !wantsWeights(policy, clients, this.#port.endpoints.length)) return;
    this.#weighted.add(client.number);
    this.#weightedNodes.add(client.nodeId);
    if (this.#weightedNodes.size > maxWeightedNodes)
      this.#weightedNodes.delete(this.#weightedNodes.values().next().value!);
  }

  /** Clients whose policy follows weights. */
  get weighted(): ReadonlySet<number> {
    return this.#weighted;
  }

  /** Takes over from another plan of the port what clients have. */
  succeed(before: PlannedPort): void {
    this.#weighted = before.#weighted;
    this.#weightedNodes = before.#weightedNodes;
  }

  /** Gives endpoints to a client that came, without a change for anybody else. */
  join(client: SteeredClient): void {
    const id = this.#idFor(client);
    const share = this.#joins.join(this.#planClient(id, client), () => this.#input());
    this.#given.set(client.number, this.#givenFor(share));
  }

  /** As {@link join}, where {@link replan} follows at once. */
  add(client: SteeredClient): void {
    this.#idFor(client);
  }

  /** Returns whether the client was one of this port. */
  leave(client: number): boolean {
    this.#weighted.delete(client);
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
    this.#joins = new Joins(this.policy, this.#pods(), plan.state);
    const before = this.#given;
    this.#given = new Map();
    const changed = new Set<number>();
    const known = new Map<string, Given>();
    for (const { clients, ...share } of plan.groups) {
      const given = this.#givenFor(share);
      known.set(keyOfShare(share), given);
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
    // One that follows weights has localities from the start, and everybody has none where nobody reports.
    const isWeighted = this.#weighted.has(number);
    if (given === undefined || (given.isWhole && (form === 'pods' || !isWeighted))) return undefined;
    const { endpoints, weights } = given;
    if ((form === 'pods' || isWeighted) && hasPodLocalities(this.#service)) {
      given.pods ??= this.#encode(podAssignment(this.#service, { ...this.#port, endpoints }, weights));
      return given.pods;
    }
    const weighed = weights === undefined ? endpoints : endpoints.map((one, at) => ({ ...one, weight: weights[at] }));
    given.merged ??= this.#encode(mergedAssignment(this.#service, { ...this.#port, endpoints: weighed }));
    return given.merged;
  }

  #encode(resource: EncodedResource): EncodedResource {
    this.#options.encoded(resource, this.#service);
    return resource;
  }

  #input(): PlanInput {
    const { heard, work, nowMs } = this.#options;
    return {
      policy: this.policy,
      pods: this.#pods(),
      clients: [...this.#clients].map(([id, client]) => this.#planClient(id, client)),
      heard: heard(),
      ...(this.policy.balance === 'work' ? { work: work() } : {}),
      nowMs: nowMs(),
      state: this.#joins.state,
    };
  }

  #pods(): PlanPod[] {
    return this.#port.endpoints.map((endpoint) => ({
      key: keyOf(endpoint),
      zone: endpoint.locality.zone,
      kubeNode: endpoint.kubeNode,
      pod: endpoint.pod,
      uid: endpoint.uid,
    }));
  }

  #planClient(id: string, { number, zone, kubeNode, caller, form, weighs }: SteeredClient): PlanClient {
    const where = zone !== '' ? zone : kubeNode === undefined ? '' : (this.#options.zoneOf(kubeNode) ?? '');
    const follows = weighs === 'endpoints' || (this.#weighted.has(number) && hasPodLocalities(this.#service));
    const isWeighted = follows && this.policy.balance !== 'utilization';
    return { id, zone: where, kubeNode, caller, reports: form !== undefined, isWeighted };
  }

  /** The id of its node; of several streams of one node all but one have a number as well. */
  #idFor(client: SteeredClient): string {
    let id = client.nodeId;
    for (let copy = 2; this.#clients.has(id); copy++) id = `${client.nodeId} ${copy}`;
    this.#clients.set(id, client);
    this.#ids.set(client.number, id);
    return id;
  }

  #givenFor(share: Share): Given {
    this.#byKey ??= new Map(this.#port.endpoints.map((endpoint) => [keyOf(endpoint), endpoint]));
    const endpoints = share.pods.map((key) => this.#byKey!.get(key)!);
    const weights = share.weights?.some((weight) => weight !== share.weights![0]) ? share.weights : undefined;
    const isWhole = endpoints.length === this.#byKey.size && weights === undefined;
    const key = keyOfShare(share);
    const known = this.#known.get(key);
    if (known !== undefined && known.isWhole === isWhole && isSame(known.endpoints, endpoints)) return known;
    const given = { endpoints, weights, isWhole };
    this.#known.set(key, given);
    return given;
  }
}

function keyOf({ address, port }: Endpoint): string {
  return formatAddress(address, port);
}

function keyOfShare({ pods, weights }: Share): string {
  return weights === undefined ? pods.join() : `${pods.join()} ${weights.join()}`;
}

function isSame(one: readonly Endpoint[], other: readonly Endpoint[]): boolean {
  return one.length === other.length && one.every((endpoint, index) => endpoint === other[index]);
}
