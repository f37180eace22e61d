import type { XdsLimits } from '../limits.ts';
import { decodeSotwRequest, type SotwRequest } from './requests.ts';

/** So many requests are remembered: what a fleet that comes at once asks for and acknowledges, type by type, and then some. */
const maxRemembered = 16;
/** And of their bytes no more than this, but for the last one. */
const maxRememberedBytes = 64 * 1024;

interface Remembered {
  readonly bytes: Uint8Array;
  readonly request: SotwRequest;
}

/**
 * Decodes state-of-the-world requests, equal ones once. Streams share nonces, so that after a change, or when a fleet comes,
 * clients with the same subscription send the very same bytes.
 */
export class SotwRequestReader {
  readonly #limits: XdsLimits;
  /** The newest first. */
  readonly #remembered: Remembered[] = [];
  #rememberedBytes = 0;

  constructor(limits: XdsLimits) {
    this.#limits = limits;
  }

  /**
   * A request, decoded; its names are the same array as in a request before where they are equal.
   *
   * @throws GrpcError as {@link decodeSotwRequest}
   */
  read(bytes: Uint8Array): SotwRequest {
    for (const known of this.#remembered) {
      if (known.bytes.length === bytes.length && Buffer.compare(known.bytes, bytes) === 0) return known.request;
    }
    const decoded = decodeSotwRequest(bytes, this.#limits);
    const same = this.#remembered.find(({ request }) => sameNames(request.names, decoded.names));
    const request = same === undefined ? decoded : { ...decoded, names: same.request.names };
    // The first one of a stream names its node: nobody else sends it.
    if (request.node === undefined) this.#remember(bytes, request);
    return request;
  }

  #remember(bytes: Uint8Array, request: SotwRequest): void {
    // A copy, since the bytes lie in a larger buffer.
    this.#remembered.unshift({ bytes: Uint8Array.from(bytes), request });
    this.#rememberedBytes += bytes.length;
    while (this.#remembered.length > maxRemembered || this.#isTooMuch) {
      this.#rememberedBytes -= this.#remembered.pop()!.bytes.length;
    }
  }

  get #isTooMuch(): boolean {
    return this.#remembered.length > 1 && this.#rememberedBytes > maxRememberedBytes;
  }
}

function sameNames(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((name, index) => name === other[index]);
}
