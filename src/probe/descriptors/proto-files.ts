import { access, readFile } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import type { FileDescriptorProto } from '@bufbuild/protobuf/wkt';
import { EvenkeelError, messageOf } from '../../base/errors.ts';
import type { Described } from './link.ts';
import { linkGiven, type Wanted } from './link-given.ts';
import { parseProto } from './parse-proto.ts';
import { resolveNames } from './resolve-names.ts';
import { TypeIndex } from './types.ts';
import { wellKnownFiles } from './well-known.ts';

/**
 * Reads .proto files and what they import, in every import path, then from here, then beside the file that was given. An
 * import that is not found costs only what needs it.
 *
 * @param wanted - what is going to be called
 * @throws EvenkeelError `EK_FILE_READ`, `EK_FILE_SYNTAX`
 */
export async function loadProtoFiles(
  files: readonly string[],
  importPaths: readonly string[],
  wanted: Wanted,
): Promise<Described> {
  const source = new ProtoSource(importPaths);
  for (const file of files) await source.add(file);
  const folder = await source.folderOfAbsent();
  return linkGiven(source.resolved(), wanted, {
    ...{ field: '--proto', absent: source.absent },
    hint:
      folder === undefined
        ? 'Add the file that defines it, or the folder in which it is looked for with --import-path.'
        : `Add --import-path ${folder}, in which imports are that were not found.`,
  });
}

/** Imports for which folders are looked through that nobody named. */
const mostLookedFor = 10;

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

class ProtoSource {
  readonly #importPaths: readonly string[];
  /** Where else is looked, behind the import paths. */
  readonly #beside = ['.'];
  /** Paths of the files that were given, where they are. */
  readonly #given: string[] = [];
  readonly #byPath = new Map<string, FileDescriptorProto>();
  readonly #byName = new Map<string, FileDescriptorProto>();
  /** Imports that were not found. */
  readonly absent: string[] = [];

  constructor(importPaths: readonly string[]) {
    this.#importPaths = importPaths;
  }

  /** @throws EvenkeelError `EK_FILE_READ`, `EK_FILE_SYNTAX` */
  async add(file: string): Promise<void> {
    const name = file.split(sep).join('/');
    const inPaths = isAbsolute(file) ? undefined : await this.#find(name, this.#importPaths);
    this.#given.push(inPaths?.path ?? file);
    if (inPaths !== undefined) return this.#load(name, inPaths);
    const text = await readFile(file, 'utf8').catch((cause: unknown) => {
      const searched =
        isAbsolute(file) || this.#importPaths.length === 0 ? '' : `, nor in ${this.#importPaths.join(', ')}`;
      throw new EvenkeelError('EK_FILE_READ', `cannot read ${file}${searched}: ${messageOf(cause)}`, { file, cause });
    });
    this.#beside.push(dirname(file));
    // As others import it, where an import path leads to it.
    const inside = this.#importPaths
      .map((path) => relative(resolve(path), resolve(file)))
      .find((path) => !path.startsWith('..') && !isAbsolute(path));
    await this.#load((inside ?? file).split(sep).join('/'), { path: file, text });
  }

  /** A folder above a given file from which an import that was not found is there. */
  async folderOfAbsent(): Promise<string | undefined> {
    for (const file of this.#given) {
      for (let folder = dirname(file); folder !== dirname(folder); folder = dirname(folder)) {
        for (const name of this.absent.slice(0, mostLookedFor)) {
          if (await exists(join(folder, name))) return folder;
        }
      }
    }
    return undefined;
  }

  /** All files, with full names in them. */
  resolved(): FileDescriptorProto[] {
    const files = [...this.#byPath.values()];
    const imported = (name: string): FileDescriptorProto | undefined =>
      wellKnownFiles.get(name) ?? this.#byName.get(name);
    for (const file of files) {
      const visible = new Set([file]);
      const visit = (name: string): void => {
        const found = imported(name);
        if (found === undefined || visible.has(found)) return;
        visible.add(found);
        for (const index of found.publicDependency) visit(found.dependency[index]!);
      };
      for (const name of file.dependency) visit(name);
      resolveNames(file, new TypeIndex(visible));
    }
    return files;
  }

  async #load(name: string, { path, text }: { readonly path: string; readonly text: string }): Promise<void> {
    const known = this.#byPath.get(resolve(path));
    if (known !== undefined) {
      this.#byName.set(name, known);
      return;
    }
    const file = parseProto(path, name, text);
    this.#byPath.set(resolve(path), file);
    this.#byName.set(name, file);
    for (const imported of file.dependency) {
      if (wellKnownFiles.has(imported) || this.#byName.has(imported) || this.absent.includes(imported)) continue;
      const found = await this.#find(imported, [...this.#importPaths, ...this.#beside]);
      if (found === undefined) this.absent.push(imported);
      else await this.#load(imported, found);
    }
  }

  async #find(
    name: string,
    folders: readonly string[],
  ): Promise<{ readonly path: string; readonly text: string } | undefined> {
    for (const folder of folders) {
      const path = join(folder, name);
      const text = await readFile(path, 'utf8').catch(() => undefined);
      if (text !== undefined) return { path, text };
    }
    return undefined;
  }
}
