import { routeNamesOf } from '../cache/references.ts';
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

/** What of a type that has gone may be taken from the client. */
export type Removal =
  | 'now'
  /** Once the client has settled something: it will be looked at then. */
  | 'later'
  /** Once the client has asked for the routes that its listeners name, if it ever does. */
  | 'after-routes';

/**
 * When clusters and endpoints that have gone may be taken from the client: "stale CDS clusters and related EDS
 * endpoints (ones no longer being referenced) can then be removed", once the listeners and routes that came with it are
 * in force. A client that rejected those still runs on the ones before, and so does one that has taken a listener, until
 * it has the routes that this names.
 */
export function removalOf({ subscription }: TypeState, all: readonly TypeState[]): Removal {
  if (!isReferencedType(subscription.typeUrl) || subscription.pendingCount > maxHeldBack) return 'now';
  if (all.some(isUnsettledReferrer)) return 'later';
  return lacksRoutes(all) ? 'after-routes' : 'now';
}

function isUnsettledClusters({ subscription, acks }: TypeState): boolean {
  return subscription.typeUrl === typeUrls.cluster && acks.awaited;
}

function isUnsettledReferrer(state: TypeState): boolean {
  const { subscription, acks } = state;
  return isReferringType(subscription.typeUrl) && (subscription.hasPending || acks.awaited || isRejected(state));
}

/** Whether a listener that the client holds names routes that it does not ask for. */
function lacksRoutes(all: readonly TypeState[]): boolean {
  const subscriptionOf = (type: string): Subscription | undefined =>
    all.find(({ subscription: { typeUrl } }) => typeUrl === type)?.subscription;
  const routes = subscriptionOf(typeUrls.route);
  if (routes?.wildcard === true) return false;
  for (const listener of subscriptionOf(typeUrls.listener)?.held.resources() ?? []) {
    if (routeNamesOf(listener).some((name) => routes?.names.has(name) !== true)) return true;
  }
  return false;
}

/** Whether the client still asks for something that it has rejected as it is now. */
function isRejected({ subscription: { held }, acks: { rejections } }: TypeState): boolean {
  return rejections.some(({ resources }) => resources.some((resource) => held.get(resource.name) === resource));
}
