import { type FSWatcher, watch } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { placesOf } from './path-places.ts';

interface Watched {
  readonly inode: bigint;
  readonly watcher: FSWatcher;
  names: Set<string>;
}

/** Tells when the file that a path leads to may have changed, links on the way included. */
export class PathWatcher {
  readonly #path: string;
  readonly #changed: (inPlace: boolean) => void;
  readonly #watched = new Map<string, Watched>();
  #closed = false;

  /**
   * @param changed - called on every hint; `inPlace` where the content itself was written, so that it may be half
   *   written, and not where a name began to lead elsewhere
   */
  constructor(path: string, changed: (inPlace: boolean) => void) {
    this.#path = path;
    this.#changed = changed;
  }

  /**
   * Watches the folders that matter now; to be called again after a change, since links may lead elsewhere.
   *
   * @returns whether every one of them is watched (a limit of the system may forbid it)
   */
  async arm(): Promise<boolean> {
    const places = await placesOf(this.#path);
    const inodes = new Map<string, bigint>();
    for (const folder of places.keys()) {
      const stats = await stat(folder, { bigint: true }).catch(() => undefined);
      if (stats !== undefined) inodes.set(folder, stats.ino);
    }
    if (this.#closed) return true;
    for (const [folder, { inode, watcher }] of this.#watched) {
      // A folder that was deleted and made anew has the same path, but the old watch sees nothing of it.
      if (inodes.get(folder) === inode && places.has(folder)) continue;
      watcher.close();
      this.#watched.delete(folder);
    }
    for (const [folder, inode] of inodes) this.#watch(folder, inode, places.get(folder)!);
    return this.#watched.size === places.size;
  }

  close(): void {
    this.#closed = true;
    for (const { watcher } of this.#watched.values()) watcher.close();
    this.#watched.clear();
  }

  #watch(folder: string, inode: bigint, names: Set<string>): void {
    const existing = this.#watched.get(folder);
    if (existing !== undefined) {
      existing.names = names;
      return;
    }
    let watcher: FSWatcher;
    try {
      watcher = watch(folder, { persistent: false });
    } catch {
      return;
    }
    const watched: Watched = { inode, watcher, names };
    this.#watched.set(folder, watched);
    watcher.on('change', (event, name) => {
      // The folder's own name is told when the folder itself was moved or deleted.
      if (typeof name === 'string' && !watched.names.has(name) && name !== basename(folder)) return;
      this.#changed(event === 'change');
    });
    watcher.on('error', () => {
      watcher.close();
      if (this.#watched.get(folder) === watched) this.#watched.delete(folder);
    });
  }
}
