import { readFile } from 'node:fs/promises';
import { create, createFileRegistry, type FileRegistry, fromBinary } from '@bufbuild/protobuf';
import {
  type DescriptorProto,
  type FileDescriptorProto,
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
} from '@bufbuild/protobuf/wkt';
import { EvenkeelError, messageOf } from '../../base/errors.ts';

/**
 * Reads .proto files and what they import.
 *
 * @throws EvenkeelError `EK_FILE_READ`, `EK_FILE_SYNTAX`
 */
export async function loadProtoFiles(files: readonly string[], importPaths: readonly string[]): Promise<FileRegistry> {
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
    descriptors = descriptors.slice(0, new Set(descriptors).size);
  } catch (cause) {
    throw new EvenkeelError('EK_FILE_SYNTAX', `the .proto files cannot be used: ${messageOf(cause)}`, {
      field: '--proto',
      cause,
      hint: 'Correct what the message names; files that are imported are looked for in every --import-path.',
    });
  }
  return registryOf(descriptors.map((bytes) => fromBinary(FileDescriptorProtoSchema, bytes)));
}

/** Puts files into an order in which each type is known before it is used, and builds the registry. */
export function registryOf(files: readonly FileDescriptorProto[]): FileRegistry {
  const owners = new Map<string, FileDescriptorProto>();
  const own = (prefix: string, messages: readonly DescriptorProto[], file: FileDescriptorProto): void => {
    for (const message of messages) {
      owners.set(`${prefix}.${message.name}`, file);
      own(`${prefix}.${message.name}`, message.nestedType, file);
      for (const { name } of message.enumType) owners.set(`${prefix}.${message.name}.${name}`, file);
    }
  };
  for (const file of files) {
    const prefix = file.package === '' ? '' : `.${file.package}`;
    own(prefix, file.messageType, file);
    for (const { name } of file.enumType) owners.set(`${prefix}.${name}`, file);
  }
  const ordered = new Set<FileDescriptorProto>();
  const visiting = new Set<FileDescriptorProto>();
  const visit = (file: FileDescriptorProto): void => {
    if (ordered.has(file) || visiting.has(file)) return;
    visiting.add(file);
    for (const name of typesUsed(file)) {
      const owner = owners.get(name);
      if (owner !== undefined) visit(owner);
    }
    ordered.add(file);
  };
  for (const file of files) visit(file);
  return createFileRegistry(create(FileDescriptorSetSchema, { file: [...ordered] }));
}

function typesUsed(file: FileDescriptorProto): string[] {
  const ofMessage = (message: DescriptorProto): string[] => [
    ...[...message.field, ...message.extension].flatMap(({ typeName, extendee }) => [typeName, extendee]),
    ...message.nestedType.flatMap(ofMessage),
  ];
  return [
    ...file.messageType.flatMap(ofMessage),
    ...file.extension.flatMap(({ typeName, extendee }) => [typeName, extendee]),
    ...file.service.flatMap(({ method }) => method.flatMap(({ inputType, outputType }) => [inputType, outputType])),
  ].filter((name) => name !== '');
}
