/** Bytes of a small block, and of a large one. */
export const blockBytes = { small: 16 * 1024, large: 64 * 1024 } as const;

export type BlockSize = keyof typeof blockBytes;

/**
 * Blocks of memory that are used again. What comes in pieces lies in them until it is whole.
 *
 * The system has them back as soon as they are too many: the pages of a buffer that can be resized are its own. What is taken of
 * the C library's heap in pieces like these mostly stays with the process for ever, in holes that nothing else fits in.
 */
export class BlockPool {
  readonly #free: Readonly<Record<BlockSize, Buffer[]>> = { small: [], large: [] };
  #freeBytes = 0;

  /** Bytes that are kept and not used. */
  get freeBytes(): number {
    return this.#freeBytes;
  }

  /** A block, whatever stands in it. */
  take(size: BlockSize): Buffer {
    const block = this.#free[size].pop();
    if (block === undefined) return newBlock(blockBytes[size]);
    this.#freeBytes -= block.length;
    return block;
  }

  /** Nobody looks into the block any more. */
  giveBack(block: Buffer): void {
    this.#free[block.length === blockBytes.small ? 'small' : 'large'].push(block);
    this.#freeBytes += block.length;
  }

  /** Keeps no more than so many bytes; fewer than none are none. */
  trim(maxBytes: number): void {
    while (this.#freeBytes > Math.max(0, maxBytes)) {
      const block = this.#free.large.pop() ?? this.#free.small.pop()!;
      this.#freeBytes -= block.length;
      (block.buffer as ArrayBuffer).resize(0);
    }
  }
}

function newBlock(bytes: number): Buffer {
  return Buffer.from(new ArrayBuffer(bytes, { maxByteLength: bytes }), 0, bytes);
}
