/** A part of a list that is shown at once. */
export interface Page<Item> {
  readonly items: readonly Item[];
  /** From 0. */
  readonly index: number;
  readonly pages: number;
  /** `1–50 of 1,000`; empty where there is one page. */
  readonly label: string;
}

/** The part of a list with this index, or the last one where there are fewer. Pure. */
export function pageOf<Item>(items: readonly Item[], index: number, size = 50): Page<Item> {
  const pages = Math.max(1, Math.ceil(items.length / size));
  const at = Math.min(Math.max(0, index), pages - 1);
  const first = at * size;
  const shown = items.slice(first, first + size);
  const label = pages === 1 ? '' : `${first + 1}–${first + shown.length} of ${items.length.toLocaleString('en-US')}`;
  return { items: shown, index: at, pages, label };
}
