/** Says what has changed in a list since it was looked at last. */
export class KeyedChanges<Item> {
  readonly #keyOf: (item: Item) => string;
  /** What was seen last, as text, by key. */
  readonly #seen = new Map<string, string>();

  constructor(keyOf: (item: Item) => string) {
    this.#keyOf = keyOf;
  }

  /** Items that are new or different, and the keys of those that are no more. */
  next(items: Iterable<Item>): { readonly changed: Item[]; readonly gone: string[] } {
    const changed: Item[] = [];
    const present = new Set<string>();
    for (const item of items) {
      const key = this.#keyOf(item);
      const text = JSON.stringify(item);
      present.add(key);
      if (this.#seen.get(key) === text) continue;
      this.#seen.set(key, text);
      changed.push(item);
    }
    const gone = [...this.#seen.keys()].filter((key) => !present.has(key));
    for (const key of gone) this.#seen.delete(key);
    return { changed, gone };
  }
}
