import { randomUUID } from 'node:crypto';
import { access, constants, open, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { EvenkeelError, messageOf } from '../base/errors.ts';

/** A place for text that is known to be writable. */
export interface OutputFile {
  /** Writes the text beside the file and puts it in place in one step: a reader never sees half of it. */
  write(text: string): Promise<void>;
}

/**
 * Writes each text to its file, and prints the results whatever became of that: they are the last that may be lost.
 *
 * @throws EvenkeelError `EK_REPORT_PATH` of the first file that could not be written, after everything else is done
 */
export async function publish(
  files: readonly (readonly [file: OutputFile | undefined, text: () => string | Promise<string>])[],
  print: () => void,
): Promise<void> {
  const written = await Promise.allSettled(files.map(async ([file, text]) => file?.write(await text())));
  print();
  const lost = written.find((one) => one.status === 'rejected');
  if (lost !== undefined) throw lost.reason;
}

/**
 * Makes sure, before a run, that what comes of it can be written after it; what stands in the file stays until then.
 *
 * @throws EvenkeelError `EK_REPORT_PATH`
 */
export async function openOutput(file: string, field: string): Promise<OutputFile> {
  // What follows the comma is the call and the path of the trial, which nobody has asked for.
  const refuse = (cause: unknown, why = messageOf(cause).split(',')[0]!): EvenkeelError =>
    new EvenkeelError('EK_REPORT_PATH', `cannot write the report to ${file}: ${why}`, { field, cause });

  const found = await stat(file).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT' && basename(file) !== '' && !file.endsWith('/')) return undefined;
    throw refuse(cause);
  });
  if (found !== undefined && !found.isFile()) throw refuse(undefined, 'it is not a file');
  // A rename would replace a file that its owner has protected.
  if (found !== undefined) {
    await access(file, constants.W_OK).catch((cause) => {
      throw refuse(cause);
    });
  }

  const beside = (): string => join(dirname(file), `.${basename(file)}.${randomUUID().slice(0, 8)}`);
  const trial = beside();
  try {
    await (await open(trial, 'wx')).close();
    await rm(trial);
  } catch (cause) {
    throw refuse(cause);
  }

  return {
    async write(text) {
      const temporary = beside();
      try {
        const handle = await open(temporary, 'wx');
        try {
          await handle.writeFile(text);
          await handle.sync();
        } finally {
          await handle.close();
        }
        await rename(temporary, file);
      } catch (cause) {
        await rm(temporary, { force: true });
        throw refuse(cause);
      }
    },
  };
}
