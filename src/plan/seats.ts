import { weightKey } from './demand.ts';
import type { PlanClient, SeatState } from './plan-input.ts';

/** Clients of one place that are given the same pods. */
export interface Seating {
  readonly place: string;
  readonly clients: string[];
  /** Calls that they make. */
  calls: number;
  /** What they had before. */
  readonly pods: readonly string[] | undefined;
}

/**
 * Puts clients on the seats of their places: where they sat before, else on the seat with the fewest, which may be a new one. Pure.
 *
 * @param placeOf - where a client is
 * @param seatsOfPlace - how many there are at most: so many sets of pods may have to be encoded
 */
export function seatClients(
  clients: readonly PlanClient[],
  placeOf: (client: PlanClient) => string,
  weights: Readonly<Record<string, number>>,
  before: readonly SeatState[],
  seatsOfPlace: number,
): Seating[] {
  const seatBefore = new Map<string, number>();
  for (const [index, seat] of before.entries()) for (const id of seat.clients) seatBefore.set(id, index);
  const seats = before.map(({ place, pods }): Seating => ({ place, clients: [], calls: 0, pods }));
  const byPlace = new Map<string, Seating[]>();
  for (const seat of seats) byPlace.set(seat.place, [...(byPlace.get(seat.place) ?? []), seat]);
  const sit = (seat: Seating, client: PlanClient): void => {
    seat.clients.push(client.id);
    seat.calls += weights[weightKey(client)] ?? 1;
  };
  const standing: [string, PlanClient][] = [];
  for (const client of clients) {
    const index = seatBefore.get(client.id);
    const place = placeOf(client);
    const seat = index === undefined ? undefined : seats[index];
    if (seat?.place === place) sit(seat, client);
    else standing.push([place, client]);
  }
  for (const [place, client] of standing) {
    let ofPlace = byPlace.get(place);
    if (ofPlace === undefined) {
      ofPlace = [];
      byPlace.set(place, ofPlace);
    }
    let seat = ofPlace[0];
    for (const other of ofPlace) if (other.calls < seat!.calls) seat = other;
    if (seat === undefined || (seat.clients.length > 0 && ofPlace.length < seatsOfPlace)) {
      seat = { place, clients: [], calls: 0, pods: undefined };
      ofPlace.push(seat);
      seats.push(seat);
    }
    sit(seat, client);
  }
  return seats.filter((seat) => seat.clients.length > 0);
}
