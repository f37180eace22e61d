import type { ReportedLocality } from './load-report.ts';

/** Localities that are kept; a fleet with more pays for reading their names. */
const maxKept = 16_384;
/** Bytes of a locality that is kept; with the other bound 8 MB at most. */
const maxKeptBytes = 256;

/**
 * Localities by their bytes. All clients name the same ones in every report, so each is decoded once: what is left is one
 * look-up.
 */
export class LocalityNames {
  readonly #known = new Map<string, ReportedLocality>();

  /** @param bytes - of the message `Locality`, from `start` to `end` */
  get(bytes: Buffer, start: number, end: number, decode: () => ReportedLocality): ReportedLocality {
    if (end - start > maxKeptBytes) return decode();
    const key = bytes.toString('latin1', start, end);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const decoded = decode();
    // Names that change all the time are a client's play: it costs itself what is forgotten.
    if (this.#known.size >= maxKept) this.#known.clear();
    this.#known.set(key, decoded);
    return decoded;
  }
}
