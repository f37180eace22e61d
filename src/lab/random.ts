/** Uniform numbers in [0, 1), the same sequence for the same seed. */
export type Random = () => number;

/**
 * A small generator (mulberry32): enough for choosing pods and names, not for secrets.
 *
 * @param seed - any integer
 * @param stream - separate uses of one seed take separate streams, so that one more DNS query renames no pod
 */
export function seededRandom(seed: number, stream: string): Random {
  let state = (fnv1a(`${seed}/${stream}`) ^ seed) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** One of the items, all equally likely; undefined from an empty list. */
export function pick<T>(items: readonly T[], random: Random): T | undefined {
  return items[Math.floor(random() * items.length)];
}

/** FNV-1a, 32 bits. */
export function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}
