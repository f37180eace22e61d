/**
 * Cuts a stream of bytes into lines; what is not ended by a line feed yet is kept.
 *
 * The bound holds memory against a server that never ends a line.
 */
export class JsonLines {
  readonly #maxBytes: number;
  #parts: Buffer[] = [];
  #size = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /**
   * The values of the lines that this chunk completes.
   *
   * @throws SyntaxError for a line that is no JSON, RangeError for one that is longer than the bound
   */
  *push(chunk: Buffer): Generator<unknown> {
    let rest = chunk;
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
      const line = rest.subarray(0, end);
      const text = this.#parts.length === 0 ? line.toString() : Buffer.concat([...this.#parts, line]).toString();
      this.#parts = [];
      this.#size = 0;
      rest = rest.subarray(end + 1);
      if (text.trim() !== '') yield JSON.parse(text);
    }
    if (rest.length === 0) return;
    this.#parts.push(rest);
    this.#size += rest.length;
    if (this.#size > this.#maxBytes) throw new RangeError(`one line is longer than ${this.#maxBytes} bytes`);
  }
}
