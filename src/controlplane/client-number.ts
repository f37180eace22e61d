/** Before the number of a client in its group; what follows the last one is the number. */
const numbered = '~';

/** The group of one client: what all clients like it are in, and its number. */
export function groupOfClient(group: string, client: number): string {
  return `${group}${numbered}${client}`;
}

/** The group of a client, without its number, and the number; undefined where it has none. */
export function splitGroup(group: string): { readonly group: string; readonly client?: number } {
  const at = group.lastIndexOf(numbered);
  const digits = group.slice(at + 1);
  return at >= 0 && /^\d+$/.test(digits) ? { group: group.slice(0, at), client: Number(digits) } : { group };
}
