import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import { EvenkeelError, messageOf } from '../base/errors.ts';

/** Paths of PEM files. */
export interface TlsFiles {
  /** The server's certificate, and behind it those that lead to a root. */
  readonly cert: string;
  readonly key: string;
  /** Authorities of client certificates; undefined: clients show none. */
  readonly ca?: string | undefined;
}

/** What the files held, checked. */
export interface TlsMaterial {
  readonly cert: string;
  readonly key: string;
  readonly ca?: string | undefined;
  /** When the server's certificate ends, or one that it hangs on: milliseconds since 1970. */
  readonly notAfterMs: number;
  /** Permissions of the file of the key, as of `chmod`. */
  readonly keyMode: number;
}

/** More than these bytes is no certificate, key or list of authorities. */
const maxBytes = 1024 * 1024;

/**
 * Reads the files and checks that a server can run on them: well-formed, the key belongs to the certificate, and the
 * certificate is valid now.
 *
 * @throws EvenkeelError `EK_FILE_READ` or `EK_TLS_CERTIFICATE`, naming the file
 */
export async function readTlsMaterial(files: TlsFiles, nowMs = Date.now()): Promise<TlsMaterial> {
  const cert = await readPem(files.cert, 'xds.tls.cert');
  const key = await readPem(files.key, 'xds.tls.key');
  const ca = files.ca === undefined ? undefined : await readPem(files.ca, 'xds.tls.ca');
  const chain = certificatesIn(cert, files.cert, 'xds.tls.cert');
  if (!chain[0]!.checkPrivateKey(keyIn(key, files.key))) {
    throw bad(files.key, 'xds.tls.key', `it is not the key of the certificate in ${files.cert}`);
  }
  for (const one of chain) checkTime(one, files.cert, nowMs);
  if (ca !== undefined) certificatesIn(ca, files.ca!, 'xds.tls.ca');
  try {
    // What OpenSSL would refuse, a key that is too short for example, is known before a server depends on it.
    createSecureContext({ cert, key, ca });
  } catch (cause) {
    throw bad(files.cert, 'xds.tls.cert', messageOf(cause), cause);
  }
  const notAfterMs = Math.min(...chain.map(({ validTo }) => Date.parse(validTo)));
  return { cert, key, ca, notAfterMs, keyMode: await modeOf(files.key) };
}

async function readPem(file: string, field: string): Promise<string> {
  let bytes: Buffer;
  try {
    bytes = await readFile(file);
  } catch (cause) {
    throw new EvenkeelError('EK_FILE_READ', `cannot read ${file}: ${messageOf(cause)}`, { file, field, cause });
  }
  if (bytes.length > maxBytes) throw bad(file, field, `it is larger than ${maxBytes} bytes`);
  return bytes.toString('latin1');
}

/** Of the file that a link leads to; 0 where it has gone meanwhile. */
async function modeOf(file: string): Promise<number> {
  return stat(file).then(
    ({ mode }) => mode & 0o777,
    () => 0,
  );
}

function certificatesIn(pem: string, file: string, field: string): X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  if (blocks.length === 0) throw bad(file, field, 'it holds no certificate in PEM form');
  try {
    return blocks.map((block) => new X509Certificate(block));
  } catch (cause) {
    throw bad(file, field, `a certificate in it is malformed: ${messageOf(cause)}`, cause);
  }
}

function keyIn(pem: string, file: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch (cause) {
    throw bad(file, 'xds.tls.key', `it holds no private key that can be used: ${messageOf(cause)}`, cause);
  }
}

function checkTime({ validFrom, validTo, subject }: X509Certificate, file: string, nowMs: number): void {
  const whose = `the certificate of ${subject?.replaceAll('\n', ', ') || 'nobody by name'}`;
  if (Date.parse(validTo) <= nowMs) throw bad(file, 'xds.tls.cert', `${whose} expired at ${validTo}`);
  if (Date.parse(validFrom) > nowMs) throw bad(file, 'xds.tls.cert', `${whose} is not valid before ${validFrom}`);
}

function bad(file: string, field: string, why: string, cause?: unknown): EvenkeelError {
  return new EvenkeelError('EK_TLS_CERTIFICATE', `${file} cannot be used: ${why}`, { file, field, cause });
}
