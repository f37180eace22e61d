import type { Clock } from '../../base/clock.ts';
import type { KubeService } from './kube-service.ts';
import type { KubeSlice } from './kube-slice.ts';

/**
 * How long the EndpointSlices of a Service that has none any more stand in for those that Kubernetes has yet to write;
 * default. A controller manager that takes over from one that is gone begins after some 17 s (leader election: 15 s and 2 s).
 */
export const defaultSliceGraceMs = 20_000;

interface Lost {
  readonly slice: KubeSlice;
  readonly atMs: number;
  /** Of its Service when the slice was deleted. */
  readonly selector: string;
}

/**
 * EndpointSlices that were deleted a moment ago.
 *
 * Kubernetes writes at least one slice for every family of a Service with a selector, an empty one where it has no pod. So
 * no slice is not "no endpoint" but "not known yet": somebody deleted them, or the Service was deleted and made again. What
 * was deleted holds until the first new slice of its family, and for a bounded time. It does not where nobody is bound to
 * write slices (no selector), or where other pods are meant now (another selector).
 */
export class LostSlices {
  readonly #clock: Clock;
  readonly #graceMs: number;
  readonly #expired: (key: string) => void;
  /** By key of the Service. */
  readonly #lost = new Map<string, readonly Lost[]>();
  /** Selectors of Services that were deleted a moment ago, by key. */
  readonly #selectors = new Map<string, string>();
  readonly #timers = new Map<string, () => void>();

  /** @param expired - is given the Service whose deleted slices are of no use any more */
  constructor(clock: Clock, graceMs: number, expired: (key: string) => void) {
    this.#clock = clock;
    this.#graceMs = graceMs;
    this.#expired = expired;
  }

  serviceDeleted({ key, selector }: KubeService): void {
    if (selector === undefined) return;
    this.#selectors.set(key, selector);
    this.#wait(key);
  }

  /** @param service - that it belonged to, if that is there */
  sliceDeleted(slice: KubeSlice, service: KubeService | undefined): void {
    if (slice.service === undefined || slice.backends.length === 0) return;
    const key = slice.service;
    const before = this.#selectors.get(key);
    const selector = service === undefined ? before : service.selector;
    // Of a Service that was made again with another selector it is not known whose pods these are.
    if (selector === undefined || (before !== undefined && before !== selector)) return;
    this.#lost.set(key, [...this.#recent(key), { slice, atMs: this.#clock.now(), selector }]);
    this.#wait(key);
  }

  /** What stood in for this slice is not needed any more. */
  sliceWritten({ service, addressType }: KubeSlice): void {
    const lost = service === undefined ? undefined : this.#lost.get(service);
    if (service === undefined || lost === undefined) return;
    const others = lost.filter(({ slice }) => slice.addressType !== addressType);
    if (others.length > 0) this.#lost.set(service, others);
    else this.#lost.delete(service);
  }

  /** The deleted slices that still say which endpoints the Service has: of its families of which it has no slice. */
  standingIn({ key, selector, ipFamilies }: KubeService, slices: readonly KubeSlice[]): KubeSlice[] {
    return this.#recent(key)
      .filter((lost) => lost.selector === selector)
      .map(({ slice }) => slice)
      .filter(({ addressType }) => ipFamilies.length === 0 || ipFamilies.includes(addressType))
      .filter(({ addressType }) => !slices.some((one) => one.addressType === addressType));
  }

  stop(): void {
    for (const cancel of this.#timers.values()) cancel();
  }

  #recent(key: string): Lost[] {
    const since = this.#clock.now() - this.#graceMs;
    return (this.#lost.get(key) ?? []).filter(({ atMs }) => atMs > since);
  }

  #wait(key: string): void {
    this.#timers.get(key)?.();
    const forget = (): void => {
      this.#timers.delete(key);
      this.#selectors.delete(key);
      if (this.#lost.delete(key)) this.#expired(key);
    };
    this.#timers.set(key, this.#clock.after(this.#graceMs, forget));
  }
}
