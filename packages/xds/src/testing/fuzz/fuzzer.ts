import { setImmediate as nextTurn } from 'node:timers/promises';
import { Random } from '../../transport/testing/random.ts';
import type { BlockCoverage } from './coverage.ts';

/** What is tried with inputs. */
export interface FuzzTarget {
  /** Throws where something is broken. */
  run(input: Buffer): void;
  /** What inputs are begun with, and what is put into them. */
  readonly vocabulary: readonly Buffer[];
}

export interface Broken {
  readonly input: Buffer;
  readonly error: unknown;
}

/** Asking V8 takes as long as many inputs; which of them it was is asked where one of them did something new. */
const batchSize = 100;
const maxInputBytes = 8 * 1024;
const maxBroken = 10;

/**
 * Mutates inputs of a corpus, and keeps those that make code run which has not run before.
 *
 * @param corpus - grows
 * @param isOver - asked after each batch, with how many inputs were tried and how many broke something
 * @returns what was broken; at most ten
 */
export async function fuzz(
  target: FuzzTarget,
  coverage: BlockCoverage,
  corpus: Buffer[],
  seed: number,
  isOver: (tried: number, broken: number) => boolean,
): Promise<Broken[]> {
  const random = new Random(seed);
  const broken: Broken[] = [];
  const attempt = (input: Buffer): void => {
    try {
      target.run(input);
    } catch (error) {
      if (broken.length < maxBroken) broken.push({ input, error });
    }
  };
  /** Keeps an input that does something new. */
  const consider = (input: Buffer): void => {
    attempt(input);
    if (coverage.fresh(coverage.since(), true) > 0) corpus.push(input);
  };
  coverage.since();
  for (const input of corpus.splice(0)) consider(input);
  if (corpus.length === 0) for (const input of target.vocabulary) consider(input);
  for (let tried = 0; !isOver(tried, broken.length) && broken.length < maxBroken; tried += batchSize) {
    // What connections have put off is done, or it would lie in memory for hours.
    await nextTurn();
    coverage.since();
    const inputs = Array.from({ length: batchSize }, () => child(random, corpus, target.vocabulary));
    for (const input of inputs) attempt(input);
    const ran = coverage.since();
    if (coverage.fresh(ran, false) === 0) continue;
    const failures = broken.length;
    for (const input of inputs) consider(input);
    // They have been counted already.
    broken.splice(failures);
    // What did not happen again is not looked for again.
    coverage.fresh(ran, true);
  }
  return broken;
}

function child(random: Random, corpus: readonly Buffer[], vocabulary: readonly Buffer[]): Buffer {
  let bytes = corpus.length === 0 ? random.bytes(16) : random.pick(corpus);
  for (let count = 1 + random.below(4); count > 0; count--) bytes = changed(random, bytes, corpus, vocabulary);
  return bytes.subarray(0, maxInputBytes);
}

function changed(random: Random, bytes: Buffer, corpus: readonly Buffer[], vocabulary: readonly Buffer[]): Buffer {
  const at = random.below(bytes.length + 1);
  const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)];
  switch (random.below(7)) {
    case 0:
      return Buffer.concat([before, Buffer.from([random.below(256)]), after.subarray(1)]);
    case 1: {
      if (after.length === 0) return bytes;
      return Buffer.concat([before, Buffer.from([after[0]! ^ (1 << random.below(8))]), after.subarray(1)]);
    }
    case 2:
      return Buffer.concat([before, random.bytes(8), after]);
    case 3:
      return Buffer.concat([before, after.subarray(1 + random.below(10))]);
    case 4:
      return Buffer.concat([before, vocabulary.length === 0 ? before : random.pick(vocabulary), after]);
    case 5:
      return Buffer.concat([bytes, vocabulary.length === 0 ? after : random.pick(vocabulary)]);
    default: {
      const other = corpus.length === 0 ? bytes : random.pick(corpus);
      return Buffer.concat([before, other.subarray(random.below(other.length + 1))]);
    }
  }
}
