import type { Http2Stream } from './stream.ts';

/** The streams of a connection that are not closed. */
export class OpenStreams {
  readonly #byId = new Map<number, Http2Stream>();
  #ever = 0;

  get size(): number {
    return this.#byId.size;
  }

  /** How many there have been. */
  get ever(): number {
    return this.#ever;
  }

  get(streamId: number): Http2Stream | undefined {
    return this.#byId.get(streamId);
  }

  add(stream: Http2Stream): void {
    this.#byId.set(stream.id, stream);
    this.#ever += 1;
  }

  /** @returns false where it was not there */
  delete(stream: Http2Stream): boolean {
    return this.#byId.delete(stream.id);
  }

  /**
   * Moves the window of each.
   *
   * @returns false where one would be too large
   */
  moveSendWindows(by: number): boolean {
    for (const stream of this.#byId.values()) if (!stream.moveSendWindow(by)) return false;
    return true;
  }

  /** What was blocked may go on. */
  resume(): void {
    // A copy: a stream may end while it goes on.
    for (const stream of [...this.#byId.values()]) {
      stream.pump();
      stream.becameWritable();
    }
  }

  closeAll(): void {
    const streams = [...this.#byId.values()];
    this.#byId.clear();
    for (const stream of streams) stream.close();
  }
}
