export interface Counters {
  readonly readings: readonly CounterReading[];
  /** Backends whose counter could not be read at all; they are named in the report and not judged. */
  readonly unreadable: readonly { readonly pod: string; readonly reason: string }[];
}

export interface CounterReading {
  readonly pod: string;
  readonly calls: number;
  /** false: read while the pod was draining and perhaps not its last word, so only judged as a lower bound. */
  readonly final: boolean;
}

/** What the client and the backends say of the same run; `problem` is absent where they agree. */
export interface CountCheck {
  readonly problem?: string | undefined;
  /** Backends that were not judged, with the reason. */
  readonly unreadable: readonly { readonly pod: string; readonly reason: string }[];
}

/**
 * Compares the answers that the client got with what the backends counted.
 *
 * A backend counts a call when it arrives, so it may have counted calls that failed for the client: all surpluses together
 * may be as large as the number of failed calls, no larger. Without failed calls the counts must be equal. A reading that
 * is not final is a lower bound, so only a surplus can be seen in it.
 *
 * @param answered - answers by pod, as the client saw them
 * @param failed - calls that got no answer or an error
 */
export function checkCounts(answered: ReadonlyMap<string, number>, failed: number, counters: Counters): CountCheck {
  const { unreadable } = counters;
  const known = new Set([...counters.readings, ...unreadable].map(({ pod }) => pod));
  const unknown = [...answered.keys()].find((pod) => !known.has(pod));
  if (unknown !== undefined) return { problem: `nothing is known of what ${unknown} counted`, unreadable };
  let surplus = 0;
  for (const { pod, calls, final } of counters.readings) {
    const seen = answered.get(pod) ?? 0;
    if (calls < seen && final) return { problem: `${pod} answered ${seen} calls but counted ${calls}`, unreadable };
    surplus += Math.max(0, calls - seen);
  }
  if (surplus > failed) {
    const problem = `the backends counted ${surplus} calls more than were answered, but only ${failed} failed`;
    return { problem, unreadable };
  }
  return { unreadable };
}
