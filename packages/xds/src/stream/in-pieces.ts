/** Some tens of microseconds of work. */
const pieceLength = 128;

/** Something that is to be done with each of some items. */
export interface Step {
  readonly items: Iterable<unknown>;
  deal(item: unknown): void;
}

/** A step. */
export function each<Item>(items: Iterable<Item>, deal: (item: Item) => void): Step {
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
  for (const step of steps) for (const item of step.items) step.deal(item);
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
