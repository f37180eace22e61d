import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Where daemons live, which an ordinary user's PATH often leaves out. */
const daemonFolders = ['/usr/local/sbin', '/usr/sbin'];

/** The path of a program: as it is with a slash in it, else the first of that name in PATH; undefined if there is none. */
export function findProgram(name: string, path = process.env.PATH ?? ''): string | undefined {
  const candidates = name.includes('/')
    ? [name]
    : [...path.split(delimiter), ...daemonFolders].map((folder) => join(folder, name));
  return candidates.find((candidate) => {
    try {
      accessSync(candidate, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
