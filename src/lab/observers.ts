/** Callbacks by the name of what they observe. */
export class Observers<Events extends Record<string, unknown>> {
  readonly #sets: { [Name in keyof Events]?: Set<(event: Events[Name]) => void> } = {};

  /** @returns what ends the observation */
  on<Name extends keyof Events>(name: Name, observer: (event: Events[Name]) => void): () => void {
    const set = this.#sets[name] ?? new Set();
    this.#sets[name] = set;
    set.add(observer);
    return () => set.delete(observer);
  }

  tell<Name extends keyof Events>(name: Name, event: Events[Name]): void {
    for (const observer of [...(this.#sets[name] ?? [])]) observer(event);
  }
}
