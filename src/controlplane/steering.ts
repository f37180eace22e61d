import { isDeepStrictEqual } from 'node:util';
import { type EncodedResource, typeUrls, type XdsNode } from '@evenkeel/xds';
import { type Clock, systemClock } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import { callerOf, unknown } from '../load/caller.ts';
import type { ServicePolicy } from '../model/policy.ts';
import { type Service, type ServiceId, serviceKey } from '../model/service.ts';
import type { HeardCalls, HeardWork, Plan, PlanPolicy } from '../plan/plan-input.ts';
import { hasWeights } from '../plan/weigh-pods.ts';
import { canonicalName, distinctPorts } from '../translate/targets.ts';
import { type ClientForm, clientFormOf } from './client-form.ts';
import { kubeNodeOf } from './node-group.ts';
import { namespaceOf } from './node-namespace.ts';
import { PlannedPort, type SteeredClient } from './planned-port.ts';
import type { PublishedService } from './publisher.ts';

/** How long after a client came the others are looked at, and after one went, which may come back at once. */
const afterComingMs = 1_000;
const afterGoingMs = 5_000;
/** How often what is heard is looked at. */
const hearingMs = 10_000;
/** A node may call itself as it likes; so much of it is kept. */
const maxIdLength = 256;

export interface SteeringOptions {
  /** Clients that ask for an assignment now, by number. */
  readonly clientsOf: (assignment: string) => readonly number[];
  /** These clients are given another assignment, or cluster, of this name. */
  readonly changed: (name: string, clients: ReadonlySet<number>, typeUrl: string) => void;
  /** Whether clients may be given each endpoint as a locality. */
  readonly podLocalities: boolean;
  /** The zone of a Kubernetes node; undefined where unknown. */
  readonly zoneOf: (kubeNode: string) => string | undefined;
  /** What clients reported of a port; undefined where nobody listens. */
  readonly heard: (assignment: string) => readonly HeardCalls[] | undefined;
  /** What they reported of the work of its pods. */
  readonly work: (assignment: string) => readonly HeardWork[];
  /** Called with each assignment that is encoded for some clients. */
  readonly encoded: (resource: EncodedResource, service: Service) => void;
  readonly log: Logger;
  readonly clock?: Clock | undefined;
}

interface Line {
  readonly port: PlannedPort;
  /** When it is planned next; undefined: when something happens. */
  dueMs: number | undefined;
  cancel: (() => void) | undefined;
}

/** Decides which client sees which endpoints, of the Services that ask for it. All others are not touched. */
export class Steering {
  readonly #options: SteeringOptions;
  readonly #clock: Clock;
  readonly #clients = new Map<number, SteeredClient>();
  readonly #lines = new Map<string, Line>();
  /** Names of assignments that are planned, by Service. */
  readonly #names = new Map<string, ReadonlySet<string>>();
  #lastNumber = 0;

  constructor(options: SteeringOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  /** Ends its timers. */
  close(): void {
    for (const { cancel } of this.#lines.values()) cancel?.();
    this.#lines.clear();
  }

  /** A stream begins; returns its number. */
  came(node: XdsNode, form: ClientForm | undefined): number {
    this.#lastNumber += 1;
    const { namespace, workload } = callerOf({ ...node, metadata: { ...node.metadata, namespace: namespaceOf(node) } });
    this.#clients.set(this.#lastNumber, {
      number: this.#lastNumber,
      nodeId: node.id.slice(0, maxIdLength),
      kubeNode: kubeNodeOf(node),
      zone: node.locality.zone,
      caller: callerName(namespace, workload),
      form,
      weighs: this.#howToWeigh(node),
    });
    return this.#lastNumber;
  }

  /** It has ended. */
  went(client: number): void {
    this.#clients.delete(client);
    for (const [name, line] of this.#lines) if (line.port.leave(client)) this.#schedule(name, line, afterGoingMs);
  }

  /** Whether a client is given the cluster with the policy that follows weights; decided with the first question. */
  isWeighted(number: number, name: string): boolean {
    const line = this.#lines.get(name);
    const client = line && this.#clients.get(number);
    if (line === undefined || client === undefined) return false;
    line.port.decideWeights(client);
    return line.port.weighted.has(number);
  }

  #howToWeigh(node: XdsNode): SteeredClient['weighs'] {
    if (node.userAgentName === 'envoy') return 'endpoints';
    return this.#options.podLocalities && clientFormOf(node) === 'pods' ? 'localities' : undefined;
  }

  /** The assignment that a client is given; undefined: that of everybody. */
  assignmentOf(number: number, name: string): EncodedResource | undefined {
    const line = this.#lines.get(name);
    const client = line && this.#clients.get(number);
    if (line === undefined || client === undefined) return undefined;
    if (!line.port.has(number)) {
      line.port.join(client);
      this.#schedule(name, line, afterComingMs);
    }
    return line.port.assignmentOf(client);
  }

  /** The state of a Service in the cache is this: in the same tick, so that no client is sent anything in between. */
  published({ translated }: PublishedService): void {
    if (translated === undefined) return;
    const { service } = translated;
    const policy = planPolicyOf(service);
    const names = new Set<string>();
    for (const port of policy === undefined ? [] : distinctPorts(service.ports).distinct) {
      const name = canonicalName(service, port.port);
      names.add(name);
      const before = this.#lines.get(name);
      if (before !== undefined && isDeepStrictEqual(before.port.policy, policy)) {
        before.port.update(service, port);
        this.#replan(name, before);
        continue;
      }
      const { zoneOf, encoded, heard, work } = this.#options;
      const planned = new PlannedPort(policy!, service, port, {
        ...{ zoneOf, encoded, heard: () => heard(name) ?? [], work: () => work(name) },
        nowMs: () => this.#clock.now() + 1,
      });
      const line: Line = { port: planned, dueMs: undefined, cancel: undefined };
      if (before !== undefined) this.#succeed(name, before.port, planned);
      this.#lines.set(name, line);
      for (const number of this.#options.clientsOf(name)) {
        const client = this.#clients.get(number);
        if (client !== undefined) planned.add(client);
      }
      this.#replan(name, line);
    }
    this.#drop(service, names);
  }

  /** A Service is gone. */
  removed(id: ServiceId): void {
    this.#drop(id, new Set());
  }

  /** What was planned for a port; undefined where nothing is. */
  planOf(name: string): Pick<Plan, 'why' | 'expected' | 'groups'> | undefined {
    return this.#lines.get(name)?.port.plan;
  }

  #replan(name: string, line: Line): void {
    line.cancel?.();
    line.cancel = undefined;
    line.dueMs = undefined;
    const { heard, changed, log } = this.#options;
    const clients = line.port.replan();
    changed(name, clients, typeUrls.endpoint);
    if (clients.size > 0) log.debug({ assignment: name, clients: clients.size, why: line.port.plan?.why }, 'planned');
    const nextMs = line.port.plan?.nextMs;
    if (nextMs !== undefined) this.#schedule(name, line, Math.max(0, nextMs - this.#clock.now() - 1));
    // Also where nothing has been heard: clients are there before their first report is.
    if (line.port.clients > 0 && heard(name) !== undefined) this.#schedule(name, line, hearingMs);
  }

  #schedule(name: string, line: Line, afterMs: number): void {
    const dueMs = this.#clock.now() + afterMs;
    if (line.dueMs !== undefined && line.dueMs <= dueMs) return;
    line.cancel?.();
    line.dueMs = dueMs;
    line.cancel = this.#clock.after(afterMs, () => this.#replan(name, line));
  }

  /** Ports of a Service that are not among these are no longer planned: everybody sees all endpoints again. */
  #drop(id: ServiceId, names: ReadonlySet<string>): void {
    const key = serviceKey(id);
    for (const name of this.#names.get(key) ?? []) {
      if (names.has(name)) continue;
      const weighted = this.#lines.get(name)?.port.weighted ?? new Set();
      this.#forget(name);
      this.#options.changed(name, weighted, typeUrls.cluster);
      this.#options.changed(name, new Set(this.#options.clientsOf(name)), typeUrls.endpoint);
    }
    if (names.size > 0) this.#names.set(key, names);
    else this.#names.delete(key);
  }

  /** Clients keep their policies where the new plan has weights too. */
  #succeed(name: string, before: PlannedPort, planned: PlannedPort): void {
    this.#forget(name);
    if (hasWeights(planned.policy)) planned.succeed(before);
    else this.#options.changed(name, before.weighted, typeUrls.cluster);
  }

  #forget(name: string): void {
    this.#lines.get(name)?.cancel?.();
    this.#lines.delete(name);
  }
}

/** What a caller is called in plans, and in what is heard. */
export function callerName(namespace: string, workload: string): string {
  return `${namespace}/${workload}`;
}

/** The zone of a caller as plans have it: empty where unknown. */
export function callerZone(zone: string): string {
  return zone === unknown ? '' : zone;
}

/** What a Service asks of a plan; undefined: nothing, everybody sees all endpoints. */
function planPolicyOf({ policy, internalTrafficPolicy }: Service): PlanPolicy | undefined {
  // As with kube-proxy, `Local` comes before a preference.
  if (internalTrafficPolicy === 'Local') return undefined;
  const prefer = preferenceOf(policy);
  const { slowStartMs, balance, subset } = policy;
  // Utilization is for the clients alone.
  const asks = [prefer, slowStartMs, balance === 'work' ? balance : undefined, subset].some((one) => one !== undefined);
  return asks ? { prefer, slowStartMs, balance, subset } : undefined;
}

function preferenceOf({ trafficDistribution }: ServicePolicy): PlanPolicy['prefer'] {
  if (trafficDistribution === undefined) return undefined;
  return trafficDistribution === 'PreferSameNode' ? 'node' : 'zone';
}
