/**
 * Names to look at before the next response. Mostly there is none or one, which takes no map: a map that becomes empty
 * after every change would be made anew each time, in every stream.
 */
export class PendingNames {
  #name: string | undefined;
  #wanted = false;
  /** All of them, where they are more than one. */
  #more: Map<string, boolean> | undefined;

  get size(): number {
    return this.#more?.size ?? (this.#name === undefined ? 0 : 1);
  }

  has(name: string): boolean {
    return this.#more?.has(name) ?? this.#name === name;
  }

  /** @param wanted - to be sent even if the client has it already */
  set(name: string, wanted: boolean): void {
    if (this.#more !== undefined) this.#more.set(name, wanted);
    else if (this.#name === undefined || this.#name === name) {
      this.#name = name;
      this.#wanted = wanted;
    } else {
      this.#more = new Map([
        [this.#name, this.#wanted],
        [name, wanted],
      ]);
      this.#name = undefined;
    }
  }

  delete(name: string): void {
    if (this.#more !== undefined) {
      this.#more.delete(name);
      if (this.#more.size === 0) this.#more = undefined;
    } else if (this.#name === name) this.#name = undefined;
  }

  /** In the order in which they came. What is visited may be deleted meanwhile. */
  entries(): Iterable<readonly [name: string, wanted: boolean]> {
    if (this.#more !== undefined) return this.#more;
    return this.#name === undefined ? [] : [[this.#name, this.#wanted]];
  }

  names(): string[] {
    return Array.from(this.entries(), ([name]) => name);
  }
}
