import { readFile } from 'node:fs/promises';
import { fromBinary } from '@bufbuild/protobuf';
import { type FileDescriptorProto, FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { EvenkeelError, messageOf } from '../../base/errors.ts';
import type { Described } from './link.ts';
import { linkGiven, type Wanted } from './link-given.ts';

/**
 * Reads what `protoc --descriptor_set_out --include_imports` or `buf build` wrote.
 *
 * @throws EvenkeelError `EK_FILE_READ`, `EK_FILE_SYNTAX`
 */
export async function loadProtoSets(paths: readonly string[], wanted: Wanted): Promise<Described> {
  const files: FileDescriptorProto[] = [];
  for (const file of paths) {
    const bytes = await readFile(file).catch((cause: unknown) => {
      throw new EvenkeelError('EK_FILE_READ', `cannot read ${file}: ${messageOf(cause)}`, { file, cause });
    });
    try {
      files.push(...fromBinary(FileDescriptorSetSchema, bytes).file);
    } catch (cause) {
      throw new EvenkeelError('EK_FILE_SYNTAX', `${file} is no descriptor set: ${messageOf(cause)}`, {
        file,
        cause,
        hint: file.endsWith('.proto')
          ? 'A .proto file is given with --proto.'
          : 'Make one with: protoc --include_imports --descriptor_set_out=FILE',
      });
    }
  }
  return linkGiven(files, wanted, {
    ...{ field: '--protoset', absent: [] },
    hint: 'Make the set anew with --include_imports, or add the one that has it with --protoset.',
  });
}
