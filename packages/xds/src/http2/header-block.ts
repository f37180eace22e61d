import { ConnectionError } from './fault.ts';
import { errorCode } from './protocol.ts';

/** How much a header block may be. */
export interface HeaderBlockLimits {
  /** Bytes on the wire, over all its frames. */
  readonly headerBlockBytes: number;
  /** CONTINUATION frames. */
  readonly continuations: number;
}

/** A header block that comes in HEADERS and perhaps CONTINUATION frames (RFC 9113, 4.3), bounded in bytes and frames. */
export class HeaderBlock {
  readonly streamId: number;
  readonly endStream: boolean;
  /** The stream on which this one says to depend; 0 where it says nothing. */
  readonly dependency: number;
  readonly #limits: HeaderBlockLimits;
  readonly #pieces: Buffer[] = [];
  #bytes = 0;

  constructor(streamId: number, endStream: boolean, dependency: number, limits: HeaderBlockLimits) {
    this.streamId = streamId;
    this.endStream = endStream;
    this.dependency = dependency;
    this.#limits = limits;
  }

  /** Bytes that it holds. */
  get heldBytes(): number {
    return this.#bytes;
  }

  /** @throws ConnectionError ENHANCE_YOUR_CALM: the block cannot be left unread, and must not be kept */
  add(fragment: Buffer, last: boolean): void {
    const { headerBlockBytes, continuations } = this.#limits;
    this.#bytes += fragment.length;
    if (this.#bytes > headerBlockBytes || this.#pieces.length > continuations) {
      const message = `a header block of ${this.#bytes} bytes in ${this.#pieces.length + 1} frames`;
      throw new ConnectionError(errorCode.enhanceYourCalm, 'header-flood', message);
    }
    // A fragment is a part of what was read, which another read may overwrite.
    this.#pieces.push(last && this.#pieces.length === 0 ? fragment : Buffer.from(fragment));
  }

  bytes(): Buffer {
    return this.#pieces.length === 1 ? this.#pieces[0]! : Buffer.concat(this.#pieces);
  }
}
