/** Neither a pod nor a level. */
const none = -1;

/** Pods by how many clients they have; of those with as many, the one that has had so many for longest stands first. */
export class ClientLevels {
  /** Clients of each pod, in the order in which they came to it. */
  readonly #clients: number[][];
  // A list of pods for each level, by its first, its last and each one's neighbours: made of numbers, as all of it moves all the time.
  readonly #first: number[] = [];
  readonly #last: number[] = [];
  readonly #before: Int32Array;
  readonly #after: Int32Array;
  /** No pod has fewer clients. */
  #least = 0;

  constructor(pods: number) {
    this.#clients = Array.from({ length: pods }, () => []);
    this.#before = new Int32Array(pods).fill(none);
    this.#after = new Int32Array(pods).fill(none);
    for (let pod = 0; pod < pods; pod++) this.#append(pod, 0);
  }

  countOf(pod: number): number {
    return this.#clients[pod]!.length;
  }

  /** Indices of clients. */
  clientsOf(pod: number): readonly number[] {
    return this.#clients[pod]!;
  }

  add(pod: number, client: number): void {
    this.#detach(pod, this.countOf(pod));
    this.#clients[pod]!.push(client);
    this.#append(pod, this.countOf(pod));
  }

  /** Takes a client from a pod that has it. */
  remove(pod: number, client: number): void {
    const clients = this.#clients[pod]!;
    this.#detach(pod, clients.length);
    clients.splice(clients.indexOf(client), 1);
    this.#append(pod, clients.length);
    this.#least = Math.min(this.#least, clients.length);
  }

  /** A pod with the fewest clients of those that fit; there has to be one. */
  lowest(fits: (pod: number) => boolean): number {
    while (this.#firstOf(this.#least) === none && this.#least < this.#first.length) this.#least += 1;
    for (let count = this.#least; count < this.#first.length; count++) {
      for (let pod = this.#firstOf(count); pod !== none; pod = this.#after[pod]!) if (fits(pod)) return pod;
    }
    throw new RangeError('no pod fits');
  }

  /** A pod with the most clients, `least` or more, that has one to give. */
  highest(
    least: number,
    find: (pod: number) => number | undefined,
  ): { readonly pod: number; readonly client: number } | undefined {
    for (let count = this.#first.length - 1; count >= least; count--) {
      for (let pod = this.#firstOf(count); pod !== none; pod = this.#after[pod]!) {
        const client = find(pod);
        if (client !== undefined) return { pod, client };
      }
    }
    return undefined;
  }

  #firstOf(count: number): number {
    return this.#first[count] ?? none;
  }

  #detach(pod: number, count: number): void {
    const [before, after] = [this.#before[pod]!, this.#after[pod]!];
    if (before === none) this.#first[count] = after;
    else this.#after[before] = after;
    if (after === none) this.#last[count] = before;
    else this.#before[after] = before;
  }

  #append(pod: number, count: number): void {
    const last = this.#last[count] ?? none;
    this.#before[pod] = last;
    this.#after[pod] = none;
    if (last === none) this.#first[count] = pod;
    else this.#after[last] = pod;
    this.#last[count] = pod;
  }
}
