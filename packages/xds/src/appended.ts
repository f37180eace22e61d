/**
 * The list with one more item: the list itself, or a new one where it has none yet. One is the usual case of what is kept for every
 * client; `push` would make room for sixteen more.
 */
export function appended<Item>(items: Item[] | undefined, item: Item): Item[] {
  if (items === undefined || items.length === 0) return [item];
  items.push(item);
  return items;
}
