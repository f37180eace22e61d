/** What was reported of some calls. */
export interface Counts {
  /** Calls that began. */
  calls: number;
  succeeded: number;
  failed: number;
  /** Time that calls were under way, milliseconds, all together. */
  inFlightMs: number;
  /** Calls that were seen under way, over all reports: how much {@link Counts.inFlightMs} rests on. */
  seenInFlight: number;
}

/** Nothing was reported. */
export function noCounts(): Counts {
  return { calls: 0, succeeded: 0, failed: 0, inFlightMs: 0, seenInFlight: 0 };
}

/** Fewer calls seen under way than this make a mean duration that is wrong by more than a fifth. */
const fewestSeen = 25;

/** The mean duration of calls by Little's law, milliseconds; undefined where too few were seen under way. */
export function meanMsOf({ succeeded, failed, inFlightMs, seenInFlight }: Counts): number | undefined {
  const ended = succeeded + failed;
  return seenInFlight < fewestSeen || ended === 0 ? undefined : inFlightMs / ended;
}

/** Which part of what a report says is of the current slot and of the one before; what is older counts in totals alone. */
export interface Spread {
  readonly current: number;
  readonly previous: number;
}

/** Counts of the last one to two slots of time, and since the beginning. */
export class Window {
  readonly total = noCounts();
  #current = noCounts();
  #previous = noCounts();

  /** Adds what a report says. */
  add(reported: Readonly<Counts>, { current, previous }: Spread): void {
    addTo(this.#current, reported, current);
    if (previous > 0) addTo(this.#previous, reported, previous);
    addCounts(this.total, reported);
  }

  /** The slot is over: what came before it is forgotten. */
  rotate(): void {
    this.#previous = this.#current;
    this.#current = noCounts();
  }

  /** Whether nothing was reported lately. */
  get isIdle(): boolean {
    return isNothing(this.#current) && isNothing(this.#previous);
  }

  /** Both slots together, in whole calls. */
  get recent(): Counts {
    const sum = noCounts();
    addCounts(sum, this.#current);
    addCounts(sum, this.#previous);
    sum.calls = Math.round(sum.calls);
    sum.succeeded = Math.round(sum.succeeded);
    sum.failed = Math.round(sum.failed);
    return sum;
  }
}

/** Adds counts to others. */
export function addCounts(sum: Counts, more: Readonly<Counts>): void {
  addTo(sum, more, 1);
}

function addTo(sum: Counts, more: Readonly<Counts>, part: number): void {
  sum.calls += more.calls * part;
  sum.succeeded += more.succeeded * part;
  sum.failed += more.failed * part;
  sum.inFlightMs += more.inFlightMs * part;
  sum.seenInFlight += more.seenInFlight * part;
}

function isNothing({ calls, succeeded, failed, seenInFlight }: Counts): boolean {
  return calls + succeeded + failed + seenInFlight === 0;
}
