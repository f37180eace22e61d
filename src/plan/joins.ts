import { placesFor, seatsOfPlace } from './places.ts';
import {
  noState,
  type PlanClient,
  type PlanGroup,
  type PlanInput,
  type PlanPod,
  type PlanPolicy,
  type PlanState,
  type SeatState,
  type WeightedState,
} from './plan-input.ts';
import { planService } from './plan-service.ts';
import { joinSubset } from './plan-subsets.ts';

/** What a client is given. */
export type Share = Pick<PlanGroup, 'pods' | 'weights'>;

interface Seat extends SeatState {
  readonly clients: string[];
}

/**
 * Gives pods to clients that come between two plans, one by one, and leaves all others as they are. What that takes does not grow
 * with the clients that are there, but for the first few of each place.
 */
export class Joins {
  readonly #policy: PlanPolicy;
  readonly #pods: readonly PlanPod[];
  readonly #placing: ReturnType<typeof placesFor>;
  #state: PlanState;
  readonly #seats = new Map<string, Seat[]>();
  readonly #weighted = new Map<string, WeightedState>();
  /** Clients of each pod, where each client is given some; undefined: not needed so far. */
  #counts: Map<string, number> | undefined;

  /**
   * @param pods - those of the plan before
   * @param state - what it left
   */
  constructor(policy: PlanPolicy, pods: readonly PlanPod[], state: PlanState = noState) {
    this.#policy = policy;
    this.#pods = pods;
    this.#placing = placesFor(pods, policy);
    this.#state = state;
    this.#take(state);
  }

  /** What the next plan is to be given. */
  get state(): PlanState {
    const weighted = [...this.#weighted.values()];
    const seats = [...this.#seats.values()].flat();
    return { ...this.#state, seats, ...(weighted.length === 0 ? {} : { weighted }) };
  }

  /**
   * Gives pods to a client that came.
   *
   * @param input - all that a plan depends on, the client among the others; asked for where it has to be planned
   */
  join(client: PlanClient, input: () => PlanInput): Share {
    const { subset } = this.#policy;
    if (subset !== undefined) return this.#joinSubset(client, subset);
    const place = this.#placing(client).key;
    const known = client.isWeighted ? this.#weighted.get(place) : this.#sitDown(place, client);
    if (known !== undefined) return known;
    const plan = planService({ ...input(), state: this.state });
    const { pods, weights } = plan.groups.find(({ clients }) => clients.includes(client.id))!;
    const isFirst = this.#seats.size === 0 && this.#weighted.size === 0;
    if (isFirst) {
      this.#state = plan.state;
      this.#take(plan.state);
    } else if (weights === undefined) this.#add({ place, clients: [client.id], pods });
    else this.#weighted.set(place, { place, pods, weights });
    return { pods, weights };
  }

  #joinSubset({ id }: PlanClient, size: number): Share {
    this.#counts ??= countsOf(this.#pods, this.#seats.get('') ?? []);
    const given = joinSubset(this.#pods, this.#counts, size);
    for (const key of given) this.#counts.set(key, this.#counts.get(key)! + 1);
    this.#add({ place: '', clients: [id], pods: given });
    return { pods: given };
  }

  /** Where all seats of a place are taken it shares the one with the fewest clients; undefined: there is a free one. */
  #sitDown(place: string, { id }: PlanClient): Share | undefined {
    const seats = this.#seats.get(place) ?? [];
    if (seats.length < seatsOfPlace(this.#policy)) return undefined;
    const seat = seats.reduce((fewest, other) => (other.clients.length < fewest.clients.length ? other : fewest));
    seat.clients.push(id);
    return { pods: seat.pods };
  }

  #take({ seats, weighted = [] }: PlanState): void {
    for (const seat of seats) this.#add({ ...seat, clients: [...seat.clients] });
    for (const one of weighted) this.#weighted.set(one.place, one);
  }

  #add(seat: Seat): void {
    const seats = this.#seats.get(seat.place);
    if (seats === undefined) this.#seats.set(seat.place, [seat]);
    else seats.push(seat);
  }
}

function countsOf(pods: readonly PlanPod[], seats: readonly Seat[]): Map<string, number> {
  const counts = new Map(pods.map(({ key }) => [key, 0]));
  for (const seat of seats) {
    for (const key of seat.pods) if (counts.has(key)) counts.set(key, counts.get(key)! + seat.clients.length);
  }
  return counts;
}
