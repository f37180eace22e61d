import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where the inputs of a target are kept that a run begins with. */
export const corpusOf = (target: string): string => join(import.meta.dirname, 'corpus', `${target}.txt`);

/** Inputs of a file: one a line, in hex; none where there is no file. Lines with `#` are for people. */
export function readInputs(path: string): Buffer[] {
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, 'utf8').split('\n');
  return lines.filter((line) => line !== '' && !line.startsWith('#')).map((line) => Buffer.from(line, 'hex'));
}

export function writeInputs(path: string, inputs: readonly Buffer[]): void {
  writeFileSync(path, inputs.map((input) => `${input.toString('hex')}\n`).join(''));
}

/**
 * Writes an input that breaks something, which `npm run fuzz:http2 -- --input FILE` runs again.
 *
 * @returns the file: `FOLDER/TARGET-HASH.txt`
 */
export function writeCrash(folder: string, target: string, input: Buffer, error: unknown): string {
  mkdirSync(folder, { recursive: true });
  const hash = createHash('sha256').update(input).digest('hex').slice(0, 12);
  const path = join(folder, `${target}-${hash}.txt`);
  const why = (error instanceof Error ? (error.stack ?? error.message) : String(error)).replace(/^/gm, '# ');
  writeFileSync(path, `${why}\n${input.toString('hex')}\n`);
  return path;
}
