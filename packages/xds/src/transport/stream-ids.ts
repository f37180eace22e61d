/** How many are remembered: what was on its way when a stream was closed comes soon or never. */
const maxRemembered = 100;

/**
 * Which streams there have been. RFC 9113, 5.1: frames for a stream that the server has reset are to be ignored, as the
 * client may have sent them before it knew; after an end that the client knows of they are errors, and so are most frames
 * for a stream that has never begun.
 */
export class StreamIds {
  #last = 0;
  /** The streams that were closed last; true: reset by the server. Made when first needed. */
  #closed: Map<number, boolean> | undefined;

  /** The highest one that has begun. */
  get last(): number {
    return this.#last;
  }

  begin(streamId: number): void {
    this.#last = streamId;
  }

  close(streamId: number, resetByServer: boolean): void {
    this.#closed ??= new Map();
    this.#closed.set(streamId, resetByServer);
    if (this.#closed.size > maxRemembered) this.#closed.delete(this.#closed.keys().next().value!);
  }

  /** Whether it has not begun. Even ones are the server's, which begins none. */
  isIdle(streamId: number): boolean {
    return streamId > this.#last || streamId % 2 === 0;
  }

  /** Whether it was closed, and not long ago. */
  wasClosed(streamId: number): boolean {
    return this.#closed?.has(streamId) === true;
  }

  /** Whether the server has reset it, not long ago. */
  wasReset(streamId: number): boolean {
    return this.#closed?.get(streamId) === true;
  }
}
