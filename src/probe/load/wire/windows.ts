import { ConnectionError, errorCode, largestWindowSize, protocolError } from '@evenkeel/xds/http2';

/**
 * What a receiver said may be sent (RFC 9113, 5.2 and 6.9), of the connection or of a stream. SETTINGS may take the window
 * of a stream below zero.
 */
export class SendWindow {
  #size: number;

  constructor(size: number) {
    this.#size = size;
  }

  get size(): number {
    return this.#size;
  }

  take(bytes: number): void {
    this.#size -= bytes;
  }

  /** @throws ConnectionError for a window beyond 2^31-1 */
  move(by: number): void {
    this.#size += by;
    if (this.#size > largestWindowSize) {
      throw new ConnectionError(errorCode.flowControlError, 'flow-control', 'a window beyond 2^31-1');
    }
  }
}

/** @throws ConnectionError for an increment of 0 (RFC 9113, 6.9) */
export function readIncrement(payload: Buffer): number {
  const increment = payload.readUInt32BE(0) & largestWindowSize;
  if (increment === 0) throw protocolError('WINDOW_UPDATE of 0');
  return increment;
}

/** What this side allows; it is given back when half of it has been used. */
export class ReceiveWindow {
  readonly #size: number;
  #used = 0;

  constructor(size: number) {
    this.#size = size;
  }

  /**
   * Bytes came and were dealt with.
   *
   * @returns how much to give back now; 0: nothing yet
   * @throws ConnectionError where there were more than allowed
   */
  take(bytes: number): number {
    this.#used += bytes;
    if (this.#used > this.#size) {
      throw new ConnectionError(errorCode.flowControlError, 'flow-control', 'more data than the window allows');
    }
    if (this.#used <= this.#size / 2) return 0;
    const used = this.#used;
    this.#used = 0;
    return used;
  }
}
