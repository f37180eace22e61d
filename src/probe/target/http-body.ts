import type { Duplex } from 'node:stream';
import * as zlib from 'node:zlib';

/** More of a body than this is not looked at: only the name of the backend is wanted. */
export const mostBodyBytes = 1024 * 1024;

/** The text of a body, as far as it can be read. */
export interface BodyText {
  readonly text: string;
  /** Only the beginning is there. */
  readonly cut: boolean;
  /** Why it could not be read. */
  readonly problem?: string | undefined;
}

/**
 * Takes off content codings (RFC 9110, 8.4.1: gzip, deflate, br; RFC 8878: zstd) and the charset of a body; of more than
 * {@link mostBodyBytes} only the beginning.
 *
 * @param bytes - as they came, or the beginning of them
 * @param cut - whether there were more
 */
export async function readBody(
  bytes: Buffer,
  cut: boolean,
  headers: { readonly 'content-encoding'?: string | undefined; readonly 'content-type'?: string | undefined },
): Promise<BodyText> {
  let plain = bytes;
  let short = cut;
  const codings = (headers['content-encoding'] ?? '')
    .toLowerCase()
    .split(',')
    .map((one) => one.trim());
  for (const coding of codings.filter((one) => one !== '' && one !== 'identity').toReversed()) {
    const decoder = decoderOf(coding, plain);
    if (decoder === undefined)
      return { text: '', cut: false, problem: `the body is in the coding "${coding.slice(0, 40)}"` };
    const decoded = await decode(decoder, plain);
    if (decoded.bytes.length === 0 && plain.length > 0) {
      return { text: '', cut: false, problem: `the body is not what its coding says, ${coding}` };
    }
    plain = decoded.bytes;
    short ||= decoded.cut;
  }
  const charset = /charset\s*=\s*"?([^";\s]+)/i.exec(headers['content-type'] ?? '')?.[1] ?? 'utf-8';
  try {
    return { text: new TextDecoder(charset).decode(plain), cut: short };
  } catch {
    return { text: '', cut: false, problem: `the body is in the charset "${charset.slice(0, 40)}"` };
  }
}

function decoderOf(coding: string, bytes: Buffer): Duplex | undefined {
  const { Z_SYNC_FLUSH, BROTLI_OPERATION_FLUSH } = zlib.constants;
  // What was cut short still gives its beginning.
  const flush = { finishFlush: Z_SYNC_FLUSH };
  switch (coding) {
    case 'gzip':
    case 'x-gzip':
      return zlib.createGunzip(flush);
    case 'deflate':
      // Some servers send it without the frame that RFC 9110 asks for.
      return (bytes[0]! & 0x0f) === 8 ? zlib.createInflate(flush) : zlib.createInflateRaw(flush);
    case 'br':
      return zlib.createBrotliDecompress({ finishFlush: BROTLI_OPERATION_FLUSH });
    case 'zstd':
      return zlib.createZstdDecompress?.();
    default:
      return undefined;
  }
}

/** What came out before the end, an error or the bound. */
function decode(decoder: Duplex, bytes: Buffer): Promise<{ readonly bytes: Buffer; readonly cut: boolean }> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const end = (cut: boolean): void => {
      resolve({ bytes: Buffer.concat(chunks).subarray(0, mostBodyBytes), cut });
      decoder.destroy();
    };
    decoder.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      size += chunk.length;
      if (size > mostBodyBytes) end(true);
    });
    decoder.once('end', () => end(false));
    decoder.on('error', () => end(true));
    decoder.end(bytes);
  });
}
