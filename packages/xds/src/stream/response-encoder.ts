import { digestOf } from '../digest.ts';
import type { EncodedResource } from '../resource.ts';
import { fieldLength, messageField, stringField, writeFieldHeader } from '../wire.ts';

/** State of the world, or incremental. */
export type Variant = 'sotw' | 'delta';

/** What can be told apart by a text that is as unique as names and versions of some resources. */
export interface Digestible {
  digest(): string;
}

/** What a response says, before it is bytes. */
export interface ResponseContent {
  readonly variant: Variant;
  readonly typeUrl: string;
  readonly version: string;
  /** Looked at only where the response has not been encoded before. */
  readonly resources: Iterable<EncodedResource>;
  /** How many they are. */
  readonly count: number;
  /** The only resource, where it is one alone. */
  readonly only?: EncodedResource | undefined;
  /** Of `resources`; asked for only where more than the only one tells responses apart. */
  readonly digest: Digestible;
  /** Delta only. */
  readonly removed: readonly string[];
  /** Encoded `ResourceError`s. Default: none. */
  readonly errors?: readonly Uint8Array[] | undefined;
}

/** The resources of a response that names some of those a client holds. */
export function partOf(
  resources: readonly EncodedResource[],
): Pick<ResponseContent, 'resources' | 'count' | 'only' | 'digest'> {
  const only = resources.length === 1 ? resources[0] : undefined;
  return { resources, count: resources.length, only, digest: { digest: () => digestOf(resources) } };
}

export interface EncodedResponse {
  /** Grows with every response that is encoded. */
  readonly nonce: number;
  /** The gRPC message: prefix of five bytes and the response. Never change it. */
  readonly frame: Buffer;
  /** What is in it, in that order, which other streams that are sent the same may have in another. */
  readonly resources: readonly EncodedResource[];
}

/** Field numbers of DiscoveryResponse and DeltaDiscoveryResponse; `resources` is 2 in both. `errors`: `resource_errors`. */
const fields = {
  sotw: { version: 1, typeUrl: 4, nonce: 5, removed: 0, controlPlane: 6, errors: 7 },
  delta: { version: 1, typeUrl: 4, nonce: 5, removed: 6, controlPlane: 7, errors: 9 },
} as const;

const prefixLength = 5;
const maxKept = 128;
const maxKeptBytes = 16 * 1024 * 1024;

/**
 * Encodes responses, each once for all streams that get the same.
 *
 * A nonce has to be new to its stream only ("the nonce is valid only in the context of an individual xDS stream"), so all
 * streams can share one, and with it every byte. That it is new is ensured by nonces that only grow: a stream takes a
 * response that was encoded before only if its nonce is above the last one of the stream in that type.
 */
export class ResponseEncoder {
  readonly #kept = new Map<string | EncodedResource, EncodedResponse>();
  readonly #identifier: Uint8Array;
  #keptBytes = 0;
  #lastNonce = 0;

  /** @param identifier - says in every response which control plane sent it; empty: nothing is said */
  constructor(identifier = '') {
    this.#identifier = stringField(1, identifier);
  }

  /** @param after - the last nonce that the stream has seen in this type */
  encode(content: ResponseContent, after: number): EncodedResponse {
    const key = keyOf(content);
    const kept = this.#kept.get(key);
    // What is wrong for one client is said to it alone.
    if (kept !== undefined && kept.nonce > after && content.errors === undefined) return kept;

    this.#lastNonce += 1;
    // Those of a part are kept by the stream anyway: a copy would make it hold each reference twice.
    const resources: readonly EncodedResource[] = Array.isArray(content.resources)
      ? content.resources
      : [...content.resources];
    const frame = this.#write(content, resources, String(this.#lastNonce));
    const response = { nonce: this.#lastNonce, frame, resources };
    if (content.errors === undefined) this.#keep(key, response);
    return response;
  }

  #keep(key: string | EncodedResource, response: EncodedResponse): void {
    this.#drop(key);
    this.#kept.set(key, response);
    this.#keptBytes += response.frame.length;
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= maxKept && this.#keptBytes <= maxKeptBytes) break;
      this.#drop(oldest);
    }
  }

  #drop(key: string | EncodedResource): void {
    const kept = this.#kept.get(key);
    if (kept === undefined) return;
    this.#keptBytes -= kept.frame.length;
    this.#kept.delete(key);
  }

  #write(
    { variant, typeUrl, version, removed, errors = [] }: ResponseContent,
    resources: readonly EncodedResource[],
    nonce: string,
  ): Buffer {
    const field = fields[variant];
    const head = stringField(field.version, version);
    const pieces = resources.map((resource) => (variant === 'sotw' ? resource.sotwField : resource.deltaField));
    const tail = [stringField(field.typeUrl, typeUrl), stringField(field.nonce, nonce)];
    for (const name of removed) tail.push(stringField(field.removed, name));
    for (const error of errors) tail.push(messageField(field.errors, error));

    let length = head.length;
    for (const piece of pieces) length += piece.length;
    for (const piece of tail) length += piece.length;
    const identified = this.#identifier.length > 0;
    if (identified) length += fieldLength(this.#identifier.length);

    const frame = Buffer.allocUnsafeSlow(prefixLength + length);
    frame[0] = 0;
    frame.writeUInt32BE(length, 1);
    let at = prefixLength;
    const append = (piece: Uint8Array): void => {
      frame.set(piece, at);
      at += piece.length;
    };
    append(head);
    pieces.forEach(append);
    tail.forEach(append);
    if (identified) {
      at = writeFieldHeader(frame, field.controlPlane, this.#identifier.length, at);
      append(this.#identifier);
    }
    return frame;
  }
}

/**
 * What tells responses apart. One with a resource alone that gave it its version, the most frequent in a fleet of gRPC
 * clients, is found by the resource itself.
 */
function keyOf({ variant, typeUrl, version, only, digest, removed }: ResponseContent): string | EncodedResource {
  if (only?.version === version && removed.length === 0 && variant === 'sotw') return only;
  return `${variant}\n${typeUrl}\n${version}\n${digest.digest()}\n${removed.join('\n')}`;
}
