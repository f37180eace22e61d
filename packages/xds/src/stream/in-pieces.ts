/** Some tens of microseconds of work. */
const pieceLength = 128;

/** A list or a set. Its own loop makes no object for each item, as one over iterables of several kinds does. */
interface Items<Item> extends Iterable<Item> {
  forEach(deal: (item: Item) => void): void;
}

/** Something that is to be done with each of some items. */
export interface Step {
  readonly items: Items<unknown>;
  deal(item: unknown): void;
}

/** A step. */
export function each<Item>(items: Items<Item>, deal: (item: Item) => void): Step {
  return { items, deal };
}

/**
 * Does steps one after the other: at once where they are few items, as mostly, since what can be interrupted costs several
 * times as much; else piece by piece, and whoever takes the pieces decides when the next one comes.
 *
 * @param count - items of all steps together
 * @returns the pieces; undefined where everything is done
 */
export function inPieces(steps: readonly Step[], count: number): Iterator<void> | undefined {
  if (count > pieceLength) return pieces(steps);
  for (const { items, deal } of steps) items.forEach(deal);
  return undefined;
}

function* pieces(steps: readonly Step[]): Generator<void, void> {
  let left = pieceLength;
  for (const step of steps) {
    for (const item of step.items) {
      step.deal(item);
      left -= 1;
      if (left > 0) continue;
      left = pieceLength;
      yield;
    }
  }
}
