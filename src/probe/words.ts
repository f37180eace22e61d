/** `a, b and c` */
export function list(names: readonly string[]): string {
  return names.length < 2 ? (names[0] ?? '') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

/** Some of the first, and how many more there are. */
export function listSome(names: readonly string[], most: number, last = ', '): string {
  if (names.length > most) return `${names.slice(0, most).join(', ')} and ${names.length - most} more`;
  return names.join(last);
}

/** `UNAVAILABLE 3, INTERNAL 1` */
export function byStatus(failures: Readonly<Record<string, number>>): string {
  return Object.entries(failures)
    .map(([status, count]) => `${status} ${count}`)
    .join(', ');
}

/** `3 calls`, `1 call` */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** `evenkeel 1.0, node 26.1` */
export function versionsText(versions: Readonly<Record<string, string>>, between = ', '): string {
  return Object.entries(versions)
    .map((pair) => pair.join(' '))
    .join(between);
}

/** `2026-01-01 12:00:00 UTC` of a time as a report has it. */
export function utcOf(startedAt: string): string {
  return startedAt.replace('T', ' ').replace(/\.\d+Z$/, ' UTC');
}

/** Begins with a capital. */
export function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
