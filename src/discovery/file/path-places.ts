import { lstat, readlink } from 'node:fs/promises';
import { dirname, isAbsolute, join, parse, resolve, sep } from 'node:path';

/** As Linux: a longer chain is a loop. */
const maxLinks = 40;

/**
 * Where a change of the file that `path` leads to can happen: folders (free of links) and, in each, the names that matter.
 *
 * These are the file's own folder and the folder of every symbolic link on the way: a ConfigMap volume is updated by
 * swapping the link `..data`, after which neither the file's name nor the old file itself has changed.
 */
export async function placesOf(path: string): Promise<Map<string, Set<string>>> {
  const absolute = resolve(path);
  let { root: folder } = parse(absolute);
  const rest = absolute.slice(folder.length).split(sep);
  const places = new Map<string, Set<string>>();
  const add = (name: string): void => {
    places.set(folder, (places.get(folder) ?? new Set()).add(name));
  };
  let links = 0;
  for (let name = rest.shift(); name !== undefined; name = rest.shift()) {
    if (name === '' || name === '.') continue;
    if (name === '..') {
      folder = dirname(folder);
      continue;
    }
    const here = join(folder, name);
    const isLink = await lstat(here).then(
      (stats) => stats.isSymbolicLink(),
      () => undefined,
    );
    if (isLink === undefined) {
      // It is missing; this is where it would come back.
      add(name);
      return places;
    }
    if (isLink) {
      add(name);
      links += 1;
      if (links > maxLinks) return places;
      const target = await readlink(here).catch(() => undefined);
      if (target === undefined) return places;
      if (isAbsolute(target)) folder = parse(target).root;
      rest.unshift(...target.split(sep));
    } else if (rest.length === 0) add(name);
    else folder = here;
  }
  return places;
}
