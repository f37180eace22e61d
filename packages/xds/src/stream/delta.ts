import { isFullSetType } from '../type-urls.ts';
import type { DiscoveryStream, RequestResult, Wording } from './discovery-stream.ts';
import { each, inPieces } from './in-pieces.ts';
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
  const { typeUrl } = state.subscription;
  // An acknowledgement.
  const isEmpty = !first && request.subscribe.length === 0 && request.unsubscribe.length === 0;
  if (isEmpty) return { typeUrl, settlement, stale: false };
  return { typeUrl, settlement, stale: false, rest: takeNames(stream, state.subscription, request, first) };
}

function takeNames(
  stream: DiscoveryStream,
  subscription: Subscription,
  { subscribe, unsubscribe, initialVersions }: DeltaRequest,
  first: boolean,
): Iterator<void> | undefined {
  const view = stream.view();
  const namesNothing = subscribe.length === 0 && unsubscribe.length === 0;
  // The legacy wildcard: "the request must have no resources in both resource_names_subscribe and
  // resource_names_unsubscribe". Only these types have it.
  if (first && namesNothing && isFullSetType(subscription.typeUrl)) subscription.subscribeToAll(view);

  const steps = [
    each(unsubscribe, (name) => {
      if (name === wildcardName) {
        subscription.unsubscribeFromAll();
        return;
      }
      // "The server must send a response that includes the specific resource in either the removed_resources field (if it
      // is not included in the wildcard) or in the resources field (if it is included in the wildcard)."
      const doubtful = subscription.wildcard && subscription.names.has(name);
      subscription.unsubscribe(name, view);
      if (doubtful) subscription.answer(name);
    }),
    each(subscribe, (name) => subscription.subscribe(name, view)),
  ];
  // "It will not be populated in any message after the first in a stream (for a given type_url)."
  if (first && initialVersions.size > 0) {
    steps.push(
      each([...initialVersions], ([name, version]) => subscription.resume(name, version, view)),
      each([subscription], () => subscription.settleIfNothingPending()),
    );
  }
  steps.push(each([stream], () => stream.checkNames()));
  return inPieces(steps, unsubscribe.length + subscribe.length + initialVersions.size);
}

/** How the incremental variant says an update. */
export const deltaWording: Wording = {
  content({ subscription }, update, errors, view) {
    const { typeUrl, held } = subscription;
    return {
      variant: 'delta',
      typeUrl,
      version: view.givenVersion(typeUrl) ?? held.version(),
      ...partOf(update.resources),
      removed: update.removed,
      errors,
    };
  },

  hasAll: () => false,

  maxResponseBytes: (_typeUrl, { responseBytes }) => responseBytes,
};
