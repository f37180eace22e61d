import type { XdsLimits } from '../limits.ts';
import { decodeSotwRequest, type SotwRequest } from './requests.ts';

/**
 * Decodes state-of-the-world requests, equal ones once. Streams share nonces, so that after a change clients with the same
 * subscription send the very same bytes, one after the other.
 */
export class SotwRequestReader {
  readonly #limits: XdsLimits;
  #bytes: Uint8Array | undefined;
  #request: SotwRequest | undefined;

  constructor(limits: XdsLimits) {
    this.#limits = limits;
  }

  /**
   * A request, decoded; its names are the same array as in the request before where they are equal.
   *
   * @throws GrpcError as {@link decodeSotwRequest}
   */
  read(bytes: Uint8Array): SotwRequest {
    if (this.#request !== undefined && this.#bytes !== undefined && Buffer.compare(this.#bytes, bytes) === 0) {
      return this.#request;
    }
    const decoded = decodeSotwRequest(bytes, this.#limits);
    const before = this.#request?.names;
    const request = before !== undefined && sameNames(before, decoded.names) ? { ...decoded, names: before } : decoded;
    // A copy, since the bytes lie in a larger buffer.
    this.#bytes = Uint8Array.from(bytes);
    this.#request = request;
    return request;
  }
}

function sameNames(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((name, index) => name === other[index]);
}
