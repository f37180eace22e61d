/** Some tens of microseconds of work. */
const pieceLength = 128;

/** Deals with items piece by piece: whoever takes the pieces decides when the next one comes. */
export function* inPieces<Item>(items: Iterable<Item>, deal: (item: Item) => void): Generator<void, void> {
  let left = pieceLength;
  for (const item of items) {
    deal(item);
    left -= 1;
    if (left > 0) continue;
    left = pieceLength;
    yield;
  }
}
