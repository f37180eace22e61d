import type { Endpoint, EndpointConditions } from '../../model/endpoint.ts';
import { compareEndpoints } from '../ip-address.ts';
import { type Backend, BackendSet, isSameBackend } from './backend.ts';
import type { KubeSlice } from './kube-slice.ts';

/** The endpoints that one slice has for a Service port. */
export interface SlicePart {
  readonly slice: Pick<KubeSlice, 'addressType' | 'triggeredAt' | 'resourceVersion' | 'backends'>;
  readonly endpoints: readonly Endpoint[];
}

/**
 * The endpoints of all slices of a Service port, ordered by address. Pure.
 *
 * - An address and port occur once: clients refuse an assignment that has them twice.
 * - What has addresses of several families occurs once, with its address of the first of `families` that it has one of. What
 *   has an address of another family only is an endpoint all the same: the controller writes a slice for every family of
 *   the Service, an empty one where no pod has such an address (kubernetes#121631).
 *
 * @param families - in the order in which they are preferred
 */
export function mergeEndpoints(parts: readonly SlicePart[], families: readonly string[]): Endpoint[] {
  const seen = new BackendSet();
  const merged: Endpoint[] = [];
  for (const family of families) {
    const ofFamily = mergeFamily(parts.filter(({ slice }) => slice.addressType === family));
    const chosen = ofFamily.filter(({ backend }) => !seen.has(backend));
    for (const { backend, endpoint } of chosen) {
      seen.add(backend);
      merged.push(endpoint);
    }
  }
  return merged.sort(compareEndpoints);
}

interface Candidate {
  readonly endpoint: Endpoint;
  readonly backend: Backend;
  readonly slice: SlicePart['slice'];
}

function mergeFamily(parts: readonly SlicePart[]): Candidate[] {
  const byAddress = new Map<string, Candidate>();
  for (const { slice, endpoints } of parts) {
    for (const [index, endpoint] of endpoints.entries()) {
      const key = `${endpoint.address} ${endpoint.port}`;
      const known = byAddress.get(key);
      const candidate = { endpoint, backend: slice.backends[index]!, slice };
      if (known === undefined || isBetter(candidate, known)) byAddress.set(key, candidate);
    }
  }
  // Within a family two ports of one pod are two endpoints, so what was seen counts from the next family on.
  return [...byAddress.values()];
}

/**
 * Which of two endpoints with one address and port is meant.
 *
 * The same pod in two slices: the controller moves it from one to the other, and what it wrote later holds. Two pods:
 * the address was given to another pod while the old one still exists, perhaps for ever, and the one that can take calls is
 * meant (kubernetes#135266).
 */
function isBetter(candidate: Candidate, known: Candidate): boolean {
  if (isSameBackend(candidate.backend, known.backend)) {
    const age = compareAge(candidate.slice, known.slice);
    if (age !== 0) return age > 0;
    // A pod does not come back from terminating.
    const [one, other] = [candidate.endpoint.conditions, known.endpoint.conditions];
    if (one.terminating !== other.terminating) return one.terminating;
  }
  return rank(candidate.endpoint.conditions) > rank(known.endpoint.conditions);
}

/** Positive where `one` was written later. What triggered it comes first: a slice may be written for its labels alone. */
function compareAge(one: SlicePart['slice'], other: SlicePart['slice']): number {
  const triggered = (one.triggeredAt ?? Number.NaN) - (other.triggeredAt ?? Number.NaN);
  if (triggered !== 0 && !Number.isNaN(triggered)) return triggered;
  // Versions of one resource are comparable numbers (KEP-5504); where they are none nothing is known.
  const [a, b] = [one.resourceVersion, other.resourceVersion];
  if (!/^\d+$/.test(a) || !/^\d+$/.test(b)) return 0;
  return a.length === b.length ? Number(a > b) - Number(a < b) : a.length - b.length;
}

/** How much an endpoint is worth to a caller. */
function rank({ ready, serving, terminating }: EndpointConditions): number {
  if (ready) return 3;
  if (serving && terminating) return 2;
  return serving ? 1 : 0;
}
