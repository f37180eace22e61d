import { create, createFileRegistry, type FileRegistry } from '@bufbuild/protobuf';
import { type FileDescriptorProto, FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { messageOf } from '../../base/errors.ts';
import { resolveNames } from './resolve-names.ts';
import { join, prune, TypeIndex, typesUsedBy } from './types.ts';
import { wellKnownFiles } from './well-known.ts';

/** Services and messages that can be used. */
export interface Described {
  readonly registry: FileRegistry;
  /** What was left out since its type is not known: full name of a field or method to the name of the type. */
  readonly missing: ReadonlyMap<string, string>;
}

/**
 * Makes services and messages of files that came in any order.
 *
 * Imports say nothing here: a file stands behind those whose types it uses. So an import that is there for options alone may
 * be missing, and what uses a type that nobody defines is left out by itself. Well-known types are the library's own.
 *
 * @param files - are changed
 * @param service - its full name; where the files cannot be used as a whole, what it needs is enough
 * @throws Error where the service cannot be used either
 */
export function linkFiles(files: readonly FileDescriptorProto[], service: string): Described {
  // The same file twice: the first counts. A well-known one may be old, or its server's idea of it.
  const named = new Map([...files].toReversed().map((file) => [file.name, file]));
  const own = [...named.values()].toReversed().filter(({ name }) => !wellKnownFiles.has(name));
  const index = new TypeIndex([...wellKnownFiles.values(), ...own]);
  const missing = new Map<string, string>();
  for (const file of own) resolveNames(file, index);
  for (const file of own) prune(file, index, missing);
  const ordered = orderByUse(own, index);
  try {
    return { registry: registryOf(ordered), missing };
  } catch (thrown) {
    const start = own.find((file) => file.service.some(({ name }) => join(file.package, name) === service));
    const needed = start === undefined ? ordered : orderByUse([start], index);
    if (needed.length === ordered.length) throw new Error(messageOf(thrown), { cause: thrown });
    return { registry: registryOf(needed), missing };
  }
}

function registryOf(files: readonly FileDescriptorProto[]): FileRegistry {
  return createFileRegistry(create(FileDescriptorSetSchema, { file: [...wellKnownFiles.values(), ...files] }));
}

/** These files and all that they need, each behind those whose types it uses. */
function orderByUse(files: readonly FileDescriptorProto[], index: TypeIndex): FileDescriptorProto[] {
  const ordered = new Set<FileDescriptorProto>();
  const visiting = new Set<FileDescriptorProto>();
  const visit = (file: FileDescriptorProto): void => {
    if (visiting.has(file) || wellKnownFiles.has(file.name)) return;
    visiting.add(file);
    for (const name of typesUsedBy(file)) {
      const owner = index.ownerOf(name);
      if (owner === undefined || owner === file || ordered.has(owner)) continue;
      if (visiting.has(owner)) throw new Error(`${file.name} and ${owner.name} need each other`);
      visit(owner);
    }
    file.dependency = [];
    ordered.add(file);
  };
  for (const file of files) visit(file);
  return [...ordered];
}
