import type { ResourceView } from '../cache/view.ts';
import { isFullSetType, typeUrls } from '../type-urls.ts';
import type { DiscoveryStream, RequestResult, Wording } from './discovery-stream.ts';
import { each, inPieces } from './in-pieces.ts';
import { partOf } from './response-encoder.ts';
import { type Subscription, wildcardName } from './subscription.ts';

/**
 * Takes a state-of-the-world request.
 *
 * @throws GrpcError with which the stream has to end
 */
export function receiveSotw(stream: DiscoveryStream, bytes: Uint8Array): RequestResult {
  const request = stream.requests.read(bytes);
  const state = stream.stateFor(request.typeUrl, request.node);
  const { subscription, acks } = state;
  const { typeUrl } = subscription;

  // "The management server should not send a DiscoveryResponse for any DiscoveryRequest that has a stale nonce." A nonce
  // in a type's first request is left over from an earlier stream. A missing one, after everything has been answered,
  // cannot be a race: some gRPC clients forget the nonce when they unsubscribe from the last resource of a type.
  const first = acks.lastNonce === 0;
  if (first && request.hasVersion) subscription.keepAll();
  const forgotten = request.nonce === '' && !acks.awaited;
  if (!first && !forgotten && request.nonce !== String(acks.lastNonce)) return { typeUrl, stale: true };

  // The version is not looked at: on a new stream it comes from elsewhere and does not say which resources, among those
  // that are named now, the client still has. On a known one the nonce says it all.
  const settlement = stream.settle(state, request.nonce, request.error);
  // Mostly an acknowledgement that repeats the names of the request before.
  if (request.names === subscription.lastNames) return { typeUrl, settlement, stale: false };
  return { typeUrl, settlement, stale: false, rest: takeNames(stream, subscription, request.names) };
}

/** Each request carries all names: what is new is subscribed to, what is missing is not wanted any longer. */
function takeNames(
  stream: DiscoveryStream,
  subscription: Subscription,
  names: readonly string[],
): Iterator<void> | undefined {
  const view = stream.view();
  const known = each([names], () => {
    subscription.lastNames = names;
    stream.checkNames();
  });
  if (names.length === 0 && !subscription.everNamed) {
    // The legacy wildcard, which only these types have. Once it is there, an empty request is an acknowledgement.
    if (isFullSetType(subscription.typeUrl) && !subscription.wildcard) subscription.subscribeToAll(view);
    return inPieces([known], 1);
  }
  subscription.named();
  const wanted = new Set(names);
  const dropped = each(subscription.names, (name) => {
    if (!wanted.has(name)) subscription.unsubscribe(name, view);
  });
  const added = each(wanted, (name) => {
    const isKnown = name === wildcardName ? subscription.wildcard : subscription.names.has(name);
    if (!isKnown) subscription.subscribe(name, view);
  });
  if (!wanted.has(wildcardName)) subscription.unsubscribeFromAll();
  return inPieces([dropped, added, known], subscription.names.size + wanted.size);
}

const nothing: readonly never[] = [];

/** How state of the world says an update ("Grouping Resources into Responses", "Deleting Resources"). */
export const sotwWording: Wording = {
  content({ subscription }, update, errors, view) {
    const { typeUrl, held } = subscription;
    const fullSet = isFullSetType(typeUrl);
    const isEmpty = update.resources.length === 0 && errors === undefined;
    if (!fullSet && isEmpty && !(update.answer && isUnknown(typeUrl, view))) return undefined;
    const version = view.givenVersion(typeUrl) ?? held.version();
    if (fullSet || update.resources.length === held.size) {
      const { size: count, only } = held;
      return {
        variant: 'sotw',
        typeUrl,
        version,
        resources: held.resources(),
        count,
        only,
        digest: held,
        removed: nothing,
        errors,
      };
    }
    return { variant: 'sotw', typeUrl, version, ...partOf(update.resources), removed: nothing, errors };
  },

  hasAll: isFullSetType,

  /** Listeners and clusters have to come in one piece. */
  maxResponseBytes: (typeUrl, { responseBytes }) => (isFullSetType(typeUrl) ? Number.POSITIVE_INFINITY : responseBytes),
};

/**
 * Where there is nothing at all of a type, an empty response ends the client's wait. For endpoints and routes it would do
 * harm: an Envoy would go on without any, where it should wait for those that may still appear.
 */
function isUnknown(typeUrl: string, view: ResourceView): boolean {
  return typeUrl !== typeUrls.endpoint && typeUrl !== typeUrls.route && !view.hasType(typeUrl);
}
