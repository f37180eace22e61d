import { isReferencedType, isReferringType, typeUrls } from '../type-urls.ts';
import type { Acknowledgements } from './acknowledgements.ts';
import type { Subscription } from './subscription.ts';

/** One type on one stream: what is asked for, and what was answered. */
export interface TypeState {
  readonly subscription: Subscription;
  readonly acks: Acknowledgements;
}

/** Removals that are held back on a stream; a client that goes on rejecting listeners cannot make it more. */
const maxHeldBack = 1_000;

/**
 * Whether a type may send now. One response of a type waits for its ack at a time; a request is answered all the same,
 * since a delta client may ask before it acknowledges.
 *
 * Listeners and routes moreover wait until the client has dealt with the clusters: "the management plane must ensure that
 * clusters referenced by a route are in place, before pushing the updates for a route". What the client itself asks for
 * never waits, or an Envoy that keeps a cluster warming and a server that waits for its ack would wait for each other.
 */
export function maySend({ subscription, acks }: TypeState, all: readonly TypeState[]): boolean {
  if (!subscription.hasPending) return false;
  if (subscription.answerDue) return true;
  if (acks.awaited) return false;
  return !isReferringType(subscription.typeUrl) || !all.some(isUnsettledClusters);
}

/**
 * Whether clusters and endpoints that have gone may be taken from the client: "stale CDS clusters and related EDS
 * endpoints (ones no longer being referenced) can then be removed", once the listeners and routes that came with it are
 * in force. A client that rejected those still runs on the ones before.
 */
export function mayRemove({ subscription }: TypeState, all: readonly TypeState[]): boolean {
  if (!isReferencedType(subscription.typeUrl) || subscription.pendingCount > maxHeldBack) return true;
  return !all.some(isUnsettledReferrer);
}

function isUnsettledClusters({ subscription, acks }: TypeState): boolean {
  return subscription.typeUrl === typeUrls.cluster && acks.awaited;
}

function isUnsettledReferrer(state: TypeState): boolean {
  const { subscription, acks } = state;
  return isReferringType(subscription.typeUrl) && (subscription.hasPending || acks.awaited || isRejected(state));
}

/** Whether the client still asks for something that it has rejected as it is now. */
function isRejected({ subscription: { held }, acks: { rejections } }: TypeState): boolean {
  return rejections.some(({ resources }) => resources.some((resource) => held.get(resource.name) === resource));
}
