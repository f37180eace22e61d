import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import { EvenkeelError, messageOf } from '../../base/errors.ts';
import type { ClientTls } from './dial.ts';

export interface TlsFlags {
  /** Files in PEM; `ca` default: the system's own. */
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  /** Name in the server's certificate, where it is not the target's. */
  readonly serverName?: string | undefined;
}

/** What the files hold. */
export interface TlsMaterial {
  readonly ca: Buffer | undefined;
  readonly cert: Buffer | undefined;
  readonly key: Buffer | undefined;
  readonly serverName: string | undefined;
}

/** @throws EvenkeelError `EK_FILE_READ`, `EK_FILE_SYNTAX`, `EK_USAGE` */
export async function readTls({ ca, cert, key, serverName }: TlsFlags): Promise<TlsMaterial> {
  if ((cert === undefined) !== (key === undefined)) {
    throw new EvenkeelError('EK_USAGE', '--cert and --key go together', {
      field: cert === undefined ? '--cert' : '--key',
    });
  }
  const material = {
    ca: await readPem(ca, '--ca'),
    cert: await readPem(cert, '--cert'),
    key: await readPem(key, '--key'),
  };
  // Each by itself first, so that the mistake is named by its flag.
  for (const [part, file, field] of [
    [{ cert: material.cert }, cert, '--cert'],
    [{ key: material.key }, key, '--key'],
    [{ cert: material.cert, key: material.key }, key, '--key'],
  ] as const) {
    try {
      createSecureContext(part);
    } catch (cause) {
      throw new EvenkeelError('EK_FILE_SYNTAX', `${file} cannot be used: ${messageOf(cause)}`, { file, field, cause });
    }
  }
  return { ...material, serverName };
}

/** What TLS needs of a client. @param serverName - name or IP address that the certificate must have */
export function clientTls({ ca, cert, key }: TlsMaterial, serverName: string): ClientTls {
  return { context: createSecureContext({ ca, cert, key }), serverName };
}

async function readPem(file: string | undefined, field: string): Promise<Buffer | undefined> {
  if (file === undefined) return undefined;
  const bytes = await readFile(file).catch((cause: unknown) => {
    throw new EvenkeelError('EK_FILE_READ', `cannot read ${file}: ${messageOf(cause)}`, { file, field, cause });
  });
  if (!bytes.includes('-----BEGIN ')) {
    throw new EvenkeelError('EK_FILE_SYNTAX', `${file} is no PEM file`, {
      file,
      field,
      hint: 'It has to have a block that begins with -----BEGIN.',
    });
  }
  return bytes;
}
