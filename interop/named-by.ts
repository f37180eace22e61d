/** Names that a list with commas asks for, all without one: a whole name is that one alone, and a part of it all that have it. */
export function namedBy(list: string | undefined, all: readonly string[]): string[] {
  const words = list?.split(',');
  const isNamed = (name: string): boolean =>
    words?.some((word) => name === word || (!all.includes(word) && name.includes(word))) ?? true;
  return all.filter(isNamed);
}
