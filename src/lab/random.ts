import { mulberry32, type Random } from '../base/random.ts';

export type { Random };

/**
 * Numbers for choosing pods and names, not for secrets.
 *
 * @param seed - any integer
 * @param stream - separate uses of one seed take separate streams, so that one more DNS query renames no pod
 */
export function seededRandom(seed: number, stream: string): Random {
  return mulberry32(fnv1a(`${seed}/${stream}`) ^ seed);
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
