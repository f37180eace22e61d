import type { Clock } from '../../base/clock.ts';
import type { ServicePort } from '../../model/service.ts';
import type { KubeService } from './kube-service.ts';
import type { KubeSlice } from './kube-slice.ts';
import { LostSlices } from './lost-slices.ts';
import { portsOf } from './service-of.ts';

/** A Service with what its EndpointSlices say. */
export interface ReadService {
  readonly service: KubeService;
  readonly ports: readonly ServicePort[];
  readonly problems: readonly string[];
}

/** What is known of Services and EndpointSlices, and which Services have changed since they were read last. */
export class KubeModel {
  readonly #services = new Map<string, KubeService>();
  /** By key of the Service, then by key of the slice. */
  readonly #slices = new Map<string, Map<string, KubeSlice>>();
  readonly #lost: LostSlices;
  readonly #graceMs: number;
  /** Keys of Services that are to be read; the reader takes them away. */
  readonly dirty = new Set<string>();

  /** @param changed - something is dirty though nothing was reported: time has passed */
  constructor(clock: Clock, sliceGraceMs: number, changed: () => void) {
    this.#graceMs = sliceGraceMs;
    this.#lost = new LostSlices(clock, sliceGraceMs, (key) => {
      this.dirty.add(key);
      changed();
    });
  }

  setService(service: KubeService): void {
    this.#services.set(service.key, service);
    this.dirty.add(service.key);
  }

  deleteService(service: KubeService): void {
    this.#services.delete(service.key);
    this.#lost.serviceDeleted(service);
    this.dirty.add(service.key);
  }

  setSlice(slice: KubeSlice, before: KubeSlice | undefined): void {
    if (before !== undefined && before.service !== slice.service) this.deleteSlice(before);
    if (slice.service === undefined) return;
    this.#lost.sliceWritten(slice);
    const known = this.#slices.get(slice.service);
    if (known === undefined) this.#slices.set(slice.service, new Map([[slice.key, slice]]));
    else known.set(slice.key, slice);
    this.dirty.add(slice.service);
  }

  deleteSlice(slice: KubeSlice): void {
    if (slice.service === undefined) return;
    const known = this.#slices.get(slice.service);
    known?.delete(slice.key);
    if (known?.size === 0) this.#slices.delete(slice.service);
    this.#lost.sliceDeleted(slice, this.#services.get(slice.service));
    this.dirty.add(slice.service);
  }

  /** @returns undefined where there is no such Service */
  read(key: string): ReadService | undefined {
    const service = this.#services.get(key);
    if (service === undefined) return undefined;
    const slices = [...(this.#slices.get(key)?.values() ?? [])];
    const standingIn = this.#lost.standingIn(service, slices);
    const all = [...slices, ...standingIn].sort((a, b) => (a.name < b.name ? -1 : 1));
    const { ports, problems } = portsOf(service, all);
    return { service, ports, problems: standingIn.length === 0 ? problems : [...problems, this.#problem(standingIn)] };
  }

  stop(): void {
    this.#lost.stop();
  }

  #problem(standingIn: readonly KubeSlice[]): string {
    const families = [...new Set(standingIn.map(({ addressType }) => addressType))].join(' and ');
    const grace = `at most ${Math.round(this.#graceMs / 1000)} s`;
    return `its ${families} EndpointSlices were deleted and Kubernetes has written no new one yet: the endpoints in them are kept, ${grace}`;
  }
}
