import { appended } from '../appended.ts';

/** Work that may wait for a turn, in one place of the line at a time. It tells the event loop what it used. */
export interface Work {
  /** Does it. */
  run(): void;
  /** Of the line: what comes after it, of the same address. */
  next: Work | undefined;
  /** Of the line: the turn since which it waits. */
  since: number;
}

/** What waits of one address. */
interface Queue {
  readonly address: string;
  first: Work;
  last: Work;
  /** In the line: the address whose turn is next. */
  behind: Queue | undefined;
}

/** What waits: addresses have one each, then the next one each. */
export class Line {
  readonly #queues = new Map<string, Queue>();
  #head: Queue | undefined;
  #tail: Queue | undefined;

  get isEmpty(): boolean {
    return this.#head === undefined;
  }

  add(address: string, work: Work): void {
    const queue = this.#queues.get(address);
    if (queue === undefined) {
      const alone: Queue = { address, first: work, last: work, behind: undefined };
      this.#queues.set(address, alone);
      this.#stand(alone);
    } else {
      queue.last.next = work;
      queue.last = work;
    }
  }

  /**
   * Does what waits, until it is enough. What has come back during this turn gets no second time, and is behind all others.
   *
   * @param isEnough - asked after each
   */
  work(turn: number, isEnough: () => boolean): void {
    let later: Queue[] | undefined;
    for (let queue = this.#take(); queue !== undefined; queue = this.#take()) {
      const work = queue.first;
      if (work.since === turn) {
        later = appended(later, queue);
        continue;
      }
      if (work.next === undefined) this.#queues.delete(queue.address);
      else {
        queue.first = work.next;
        work.next = undefined;
        this.#stand(queue);
      }
      work.run();
      if (isEnough()) break;
    }
    for (const queue of later ?? []) this.#stand(queue);
  }

  #stand(queue: Queue): void {
    if (this.#tail === undefined) this.#head = queue;
    else this.#tail.behind = queue;
    this.#tail = queue;
  }

  #take(): Queue | undefined {
    const queue = this.#head;
    if (queue === undefined) return undefined;
    this.#head = queue.behind;
    if (this.#head === undefined) this.#tail = undefined;
    queue.behind = undefined;
    return queue;
  }
}
