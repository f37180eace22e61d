/** Bytes of a small block, and of a large one. */
export const blockBytes = { small: 16 * 1024, large: 64 * 1024 } as const;

export type BlockSize = keyof typeof blockBytes;

/** So many have pages of their own: all that 512 MiB of memory allow for, and a quarter of the mappings that Linux gives a process. */
const mostMapped = 16_384;

/**
 * Blocks of memory that are used again. What comes in pieces lies in them until it is whole.
 *
 * The system has them back as soon as they are too many: a buffer that can be resized has pages of its own. What is taken of the C
 * library's heap in pieces like these mostly stays with the process for ever, in holes that nothing else fits in.
 */
export class BlockPool {
  readonly #free: Readonly<Record<BlockSize, Buffer[]>> = { small: [], large: [] };
  #freeBytes = 0;
  readonly #mostMapped: number;
  #mapped = 0;

  /** @param most - blocks that have pages of their own; further ones are of the C library's heap */
  constructor(most: number = mostMapped) {
    this.#mostMapped = most;
  }

  /** Bytes that are kept and not used. */
  get freeBytes(): number {
    return this.#freeBytes;
  }

  /** A block, whatever stands in it. */
  take(size: BlockSize): Buffer {
    const block = this.#free[size].pop();
    if (block === undefined) return this.#newBlock(blockBytes[size]);
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
      const buffer = block.buffer as ArrayBuffer;
      if (!buffer.resizable) continue;
      // At once, and not when it is collected.
      buffer.transferToFixedLength(0);
      this.#mapped -= 1;
    }
  }

  #newBlock(bytes: number): Buffer {
    if (this.#mapped >= this.#mostMapped) return Buffer.allocUnsafeSlow(bytes);
    this.#mapped += 1;
    return Buffer.from(new ArrayBuffer(bytes, { maxByteLength: bytes }), 0, bytes);
  }
}
