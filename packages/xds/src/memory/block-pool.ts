/** Bytes of one block. */
export const blockBytes: number = 16 * 1024;

/**
 * Blocks of memory that are used again. What comes in pieces lies in them until it is whole: memory that is new each time is
 * what a collection of garbage takes longest for.
 */
export class BlockPool {
  readonly #free: Buffer[] = [];

  /** Bytes that are kept and not used. */
  get freeBytes(): number {
    return this.#free.length * blockBytes;
  }

  /** A block, whatever stands in it. */
  take(): Buffer {
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(blockBytes);
  }

  /** Nobody looks into the block any more. */
  giveBack(block: Buffer): void {
    this.#free.push(block);
  }

  /** Keeps no more than so many bytes. */
  trim(maxBytes: number): void {
    const blocks = Math.max(0, Math.floor(maxBytes / blockBytes));
    if (this.#free.length > blocks) this.#free.length = blocks;
  }
}
