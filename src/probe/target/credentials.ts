import { readFile } from 'node:fs/promises';
import { EvenkeelError, messageOf } from '../../base/errors.ts';

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

/** @throws EvenkeelError `EK_FILE_READ`, `EK_USAGE` */
export async function readTls({ ca, cert, key, serverName }: TlsFlags): Promise<TlsMaterial> {
  if ((cert === undefined) !== (key === undefined)) {
    throw new EvenkeelError('EK_USAGE', '--cert and --key go together', {
      field: cert === undefined ? '--cert' : '--key',
    });
  }
  const read = (file: string | undefined, field: string): Promise<Buffer> | undefined =>
    file === undefined
      ? undefined
      : readFile(file).catch((cause: unknown) => {
          throw new EvenkeelError('EK_FILE_READ', `cannot read ${file}: ${messageOf(cause)}`, { file, field, cause });
        });
  return {
    ca: await read(ca, '--ca'),
    cert: await read(cert, '--cert'),
    key: await read(key, '--key'),
    serverName,
  };
}
