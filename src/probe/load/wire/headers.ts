import type { HeaderField } from '@evenkeel/xds/http2';
import { HpackDecoder } from '@evenkeel/xds/http2';

/** By name; the values of a name that comes several times are joined by commas (RFC 9110, 5.3). */
export type Headers = Readonly<Record<string, string>>;

export const noHeaders: Headers = {};

/** Bytes of an answer's headers, 32 more for each: what Node's own client takes. Announced to the server. */
export const maxHeaderListBytes = 64 * 1024;
/** Header blocks that are remembered; a server's answers have few different ones, or all different ones. */
const maxKnown = 256;
const maxKnownBytes = 1_024;

/**
 * Reads header blocks. The server is asked to keep no table (SETTINGS_HEADER_TABLE_SIZE 0); as long as it keeps none, equal
 * bytes mean equal headers, and a block that was seen before is not read again.
 */
export class HeaderReader {
  readonly #decoder = new HpackDecoder();
  readonly #known = new Map<string, Headers>();

  /**
   * @returns undefined where the headers are larger than {@link maxHeaderListBytes}
   * @throws ConnectionError COMPRESSION_ERROR
   */
  read(block: Buffer): Headers | undefined {
    // A size update at the start changes the table, so it has to be read each time.
    const cacheable = this.#decoder.tableBytes === 0 && block.length <= maxKnownBytes && (block[0]! & 0xe0) !== 0x20;
    const key = cacheable ? block.toString('latin1') : '';
    const known = cacheable ? this.#known.get(key) : undefined;
    if (known !== undefined) return known;
    const fields = this.#decoder.decode(block, maxHeaderListBytes);
    if (fields === undefined) return undefined;
    const headers = join(fields);
    if (cacheable && this.#decoder.tableBytes === 0) {
      if (this.#known.size >= maxKnown) this.#known.clear();
      this.#known.set(key, headers);
    }
    return headers;
  }
}

function join(fields: readonly HeaderField[]): Headers {
  // Names come from the server.
  const headers = Object.create(null) as Record<string, string>;
  for (const [name, value] of fields) {
    const before = headers[name];
    headers[name] = before === undefined ? value : `${before}, ${value}`;
  }
  return headers;
}
