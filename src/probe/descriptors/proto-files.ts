import { readFile } from 'node:fs/promises';
import { fromBinary } from '@bufbuild/protobuf';
import { protoCamelCase } from '@bufbuild/protobuf/reflect';
import { type DescriptorProto, type FileDescriptorProto, FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import { EvenkeelError, messageOf } from '../../base/errors.ts';
import { type Described, linkFiles } from './link.ts';
import { TypeIndex } from './types.ts';
import { wellKnownFiles } from './well-known.ts';

/**
 * Reads .proto files and what they import.
 *
 * @throws EvenkeelError `EK_FILE_READ`, `EK_FILE_SYNTAX`
 */
export async function loadProtoFiles(
  files: readonly string[],
  importPaths: readonly string[],
  service: string,
): Promise<Described> {
  for (const file of importPaths.length === 0 ? files : []) {
    await readFile(file).catch((cause: unknown) => {
      throw new EvenkeelError('EK_FILE_READ', `cannot read ${file}: ${messageOf(cause)}`, { file, cause });
    });
  }
  const loader = await import('@grpc/proto-loader');
  let descriptors: Uint8Array[];
  try {
    const found = await loader.load([...files], { includeDirs: [...importPaths], keepCase: true });
    descriptors = Object.values(found).flatMap((one) =>
      'fileDescriptorProtos' in one ? (one.fileDescriptorProtos as Uint8Array[]) : [],
    );
  } catch (cause) {
    throw new EvenkeelError('EK_FILE_SYNTAX', `the .proto files cannot be used: ${messageOf(cause)}`, {
      field: '--proto',
      cause,
      hint: 'Correct what the message names; files that are imported are looked for in every --import-path.',
    });
  }
  // Each type of the loader's brings all files along.
  const parsed = [...new Set(descriptors)].map((bytes) => fromBinary(FileDescriptorProtoSchema, bytes));
  const index = new TypeIndex([...wellKnownFiles.values(), ...parsed]);
  for (const file of parsed) qualify(file, (name) => index.kindOf(name) !== undefined);
  return linkFiles(parsed, service);
}

/** Names from the loader may be relative to where they stand, innermost first; descriptors from a compiler are full. */
function qualify(file: FileDescriptorProto, exists: (name: string) => boolean): void {
  const full = (name: string, scope: string): string => {
    if (name === '' || name.startsWith('.')) return name;
    for (let at = scope; ; at = at.slice(0, at.lastIndexOf('.'))) {
      if (exists(`${at}.${name}`) || at === '') return `${at}.${name}`;
    }
  };
  const fields = (list: DescriptorProto['field'], scope: string): void => {
    for (const field of list) {
      field.typeName = full(field.typeName, scope);
      field.extendee = full(field.extendee, scope);
      // A compiler writes it, the loader does not.
      if (field.jsonName === '') field.jsonName = protoCamelCase(field.name);
    }
  };
  const message = (one: DescriptorProto, scope: string): void => {
    const own = `${scope}.${one.name}`;
    fields(one.field, own);
    fields(one.extension, own);
    for (const nested of one.nestedType) message(nested, own);
  };
  const scope = file.package === '' ? '' : `.${file.package}`;
  for (const one of file.messageType) message(one, scope);
  fields(file.extension, scope);
  for (const method of file.service.flatMap((service) => service.method)) {
    method.inputType = full(method.inputType, scope);
    method.outputType = full(method.outputType, scope);
  }
}
