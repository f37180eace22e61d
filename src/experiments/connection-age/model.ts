/**
 * What ages of connections ought to do, without any measurement; pure. Times in milliseconds.
 *
 * A server closes each connection at its age, give or take a tenth. A client with `pods` connections then opens another,
 * and resolves the name again, but at most every `dnsMs`.
 */
export interface Setting {
  readonly ageMs: number;
  /** Connections of a client, one for each pod. */
  readonly pods: number;
  /** gRPC clients resolve a name again at most so often. */
  readonly dnsMs: number;
}

/** Servers draw each connection's age from this part below it to this part above it (gRFC A9). */
export const jitter = 0.1;

/** Connections that one client opens anew in a minute. */
export function reconnectsPerMinute({ ageMs, pods }: Setting): number {
  return (pods * 60_000) / ageMs;
}

/**
 * How long a change of pods goes unseen when the connections' ages are spread evenly: half of the time from one resolution
 * to the next.
 */
export function meanConvergenceMs({ ageMs, pods, dnsMs }: Setting): number {
  return Math.max(dnsMs, ageMs / pods) / 2;
}

/**
 * How long it goes unseen at worst: all connections were opened at once and have just been renewed, and the name was
 * resolved just before the pods came.
 */
export function worstConvergenceMs({ ageMs, dnsMs }: Setting): number {
  return ageMs * (1 + jitter) + dnsMs;
}
