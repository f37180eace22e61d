import { placesFor, seatsOfPlace } from './places.ts';
import { noState, type PlanInput, type PlanState } from './plan-input.ts';
import { planService } from './plan-service.ts';
import { joinSubsets } from './plan-subsets.ts';

export interface Joined {
  /** Keys of the pods that the client is given. */
  readonly pods: readonly string[];
  /** What the next plan is to be given. */
  readonly state: PlanState;
}

/**
 * Gives pods to one client that came, and leaves all others as they are until the next plan. Pure.
 *
 * @param input - with the client among its clients, and what the plan before left
 */
export function joinPlan(input: PlanInput, id: string): Joined {
  const { policy, pods, clients, state = noState } = input;
  if (policy.subset !== undefined) {
    const given = joinSubsets(input, policy.subset);
    return { pods: given, state: { ...state, seats: [...state.seats, { place: '', clients: [id], pods: given }] } };
  }
  const client = clients.find((one) => one.id === id);
  if (client === undefined) throw new RangeError(`no client ${id}`);
  const place = placesFor(pods, policy)(client).key;
  const seats = state.seats.filter((seat) => seat.place === place);
  if (seats.length >= seatsOfPlace(policy)) {
    const present = new Set(pods.map(({ key }) => key));
    const seat = seats.reduce((fewest, other) => (other.clients.length < fewest.clients.length ? other : fewest));
    const given = seat.pods.filter((key) => present.has(key));
    if (given.length > 0) {
      const taken = { ...seat, clients: [...seat.clients, id] };
      return { pods: given, state: { ...state, seats: state.seats.map((one) => (one === seat ? taken : one)) } };
    }
  }
  const plan = planService(input);
  const seat = plan.state.seats.find((one) => one.clients.includes(id))!;
  if (state.seats.length === 0) return { pods: seat.pods, state: plan.state };
  return { pods: seat.pods, state: { ...state, seats: [...state.seats, { ...seat, clients: [id] }] } };
}
