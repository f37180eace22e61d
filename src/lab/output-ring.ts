/** The last bytes that a pod wrote; older ones are dropped, so that a talkative pod costs no more than a silent one. */
export class OutputRing {
  readonly #limitBytes: number;
  #chunks: Buffer[] = [];
  #bytes = 0;

  /** @param limitBytes - default 64 KiB */
  constructor(limitBytes = 64 * 1024) {
    this.#limitBytes = limitBytes;
  }

  write(chunk: Buffer | string): void {
    const bytes = Buffer.from(chunk);
    this.#chunks.push(bytes);
    this.#bytes += bytes.length;
    // Joining at twice the limit keeps the cost of one write constant on average.
    if (this.#bytes > 2 * this.#limitBytes) this.#compact();
  }

  /** What is kept; the first line may have lost its beginning. */
  text(): string {
    this.#compact();
    return Buffer.concat(this.#chunks).toString();
  }

  /** The last `count` lines that are not empty. */
  lastLines(count: number): string[] {
    return this.text()
      .split('\n')
      .filter((line) => line.trim() !== '')
      .slice(-count);
  }

  #compact(): void {
    const kept = Buffer.concat(this.#chunks).subarray(-this.#limitBytes);
    // A copy, or the view would keep everything that was dropped in memory.
    this.#chunks = [Buffer.from(kept)];
    this.#bytes = kept.length;
  }
}
