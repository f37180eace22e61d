import type { ReportedLocality } from './load-report.ts';

/** Localities that are kept; a fleet with more pays for reading their names. */
const maxKept = 16_384;
/** Bytes of a locality that is kept; with the other bound 12 MB at most. */
const maxKeptBytes = 256;

interface Known {
  readonly bytes: Buffer;
  readonly locality: ReportedLocality;
  /** What came after it the last time. */
  next: Known | undefined;
}

/**
 * Localities by their bytes. All clients name the same ones in every report, and mostly in the same order, so each is decoded
 * once: what is left is to compare it with the one that is expected, or one look-up.
 */
export class LocalityNames {
  readonly #known = new Map<string, Known>();
  #last: Known | undefined;

  /** @param bytes - of the message `Locality`, from `start` to `end`; undefined: not known yet, see {@link keep} */
  get(bytes: Buffer, start: number, end: number): ReportedLocality | undefined {
    const expected = this.#last?.next;
    if (expected !== undefined && isSame(expected.bytes, bytes, start, end)) {
      this.#last = expected;
      return expected.locality;
    }
    return this.#follow(this.#known.get(bytes.toString('latin1', start, end)));
  }

  /** Keeps what was decoded, unless it is too long. */
  keep(bytes: Buffer, start: number, end: number, locality: ReportedLocality): void {
    if (end - start > maxKeptBytes) return;
    // Names that change all the time are a client's play: it costs itself what is forgotten.
    if (this.#known.size >= maxKept) {
      this.#known.clear();
      this.#last = undefined;
    }
    const known = { bytes: Buffer.from(bytes.subarray(start, end)), locality, next: undefined };
    this.#known.set(bytes.toString('latin1', start, end), known);
    this.#follow(known);
  }

  #follow(known: Known | undefined): ReportedLocality | undefined {
    if (known === undefined) return undefined;
    if (this.#last !== undefined) this.#last.next = known;
    this.#last = known;
    return known.locality;
  }
}

/** In JavaScript: for so few bytes a call of `Buffer.compare` takes longer. */
function isSame(known: Buffer, bytes: Buffer, start: number, end: number): boolean {
  const { length } = known;
  if (length !== end - start) return false;
  for (let index = 0; index < length; index++) if (known[index] !== bytes[start + index]) return false;
  return true;
}
