/** `UNAVAILABLE 3, INTERNAL 1` */
export function byStatus(failures: Readonly<Record<string, number>>): string {
  return Object.entries(failures)
    .map(([status, count]) => `${status} ${count}`)
    .join(', ');
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
