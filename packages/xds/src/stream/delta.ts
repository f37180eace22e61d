import type { ResourceView } from '../cache/view.ts';
import { isFullSetType } from '../type-urls.ts';
import type { DiscoveryStream, RequestResult, Wording } from './discovery-stream.ts';
import { type DeltaRequest, decodeDeltaRequest } from './requests.ts';
import { partOf } from './response-encoder.ts';
import { type Subscription, wildcardName } from './subscription.ts';

/**
 * Takes an incremental request.
 *
 * @throws GrpcError with which the stream has to end
 */
export function receiveDelta(stream: DiscoveryStream, bytes: Uint8Array): RequestResult {
  const request = decodeDeltaRequest(bytes, stream.limits);
  const first = !stream.hasType(request.typeUrl);
  const state = stream.stateFor(request.typeUrl, request.node);
  // "The server must honor changes to the subscription state even if the nonce is stale."
  const settlement = stream.settle(state, request.nonce, request.error);
  subscribe(state.subscription, request, first, stream.view());
  stream.checkNames();
  return { typeUrl: state.subscription.typeUrl, settlement, stale: false };
}

function subscribe(subscription: Subscription, request: DeltaRequest, first: boolean, view: ResourceView): void {
  const { typeUrl } = subscription;
  const namesNothing = request.subscribe.length === 0 && request.unsubscribe.length === 0;
  // The legacy wildcard: "the request must have no resources in both resource_names_subscribe and
  // resource_names_unsubscribe". Only these types have it.
  if (first && namesNothing && isFullSetType(typeUrl)) subscription.subscribeToAll(view);

  for (const name of request.unsubscribe) {
    if (name === wildcardName) {
      subscription.unsubscribeFromAll();
      continue;
    }
    // "The server must send a response that includes the specific resource in either the removed_resources field (if it
    // is not included in the wildcard) or in the resources field (if it is included in the wildcard)."
    const doubtful = subscription.wildcard && subscription.names.has(name);
    subscription.unsubscribe(name, view);
    if (doubtful) subscription.answer(name);
  }
  for (const name of request.subscribe) subscription.subscribe(name, view);

  // "It will not be populated in any message after the first in a stream (for a given type_url)."
  if (!first || request.initialVersions.size === 0) return;
  for (const [name, version] of request.initialVersions) subscription.resume(name, version, view);
  subscription.settleIfNothingPending();
}

/** How the incremental variant says an update. */
export const deltaWording: Wording = {
  content({ subscription }, update, view) {
    const { typeUrl, held } = subscription;
    return {
      variant: 'delta',
      typeUrl,
      version: view.givenVersion(typeUrl) ?? held.version(),
      ...partOf(update.resources),
      removed: update.removed,
    };
  },

  maxResponseBytes: (_typeUrl, { responseBytes }) => responseBytes,
};
