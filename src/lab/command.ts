import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The program and arguments that run this very evenkeel, from its sources or as it was installed. */
export function evenkeelCommand(...args: string[]): { command: string; args: string[] } {
  const main = new URL(`../cli/main${extname(import.meta.url)}`, import.meta.url);
  return { command: process.execPath, args: [fileURLToPath(main), ...args] };
}
