import { protoCamelCase } from '@bufbuild/protobuf/reflect';
import type { DescriptorProto, FieldDescriptorProto, FileDescriptorProto } from '@bufbuild/protobuf/wkt';
import { FieldDescriptorProto_Type as FieldType } from '@bufbuild/protobuf/wkt';

type Kind = 'message' | 'enum';

/** Which file has a type. Names are full, with or without a dot in front. */
export class TypeIndex {
  readonly #types = new Map<string, { readonly kind: Kind; readonly file: FileDescriptorProto }>();

  constructor(files: Iterable<FileDescriptorProto>) {
    for (const file of files) {
      for (const { name } of file.enumType) this.#add(join(file.package, name), 'enum', file);
      this.#addAll(file.package, file.messageType, file);
    }
  }

  ownerOf(name: string): FileDescriptorProto | undefined {
    return this.#types.get(bare(name))?.file;
  }

  kindOf(name: string): Kind | undefined {
    return this.#types.get(bare(name))?.kind;
  }

  #add(name: string, kind: Kind, file: FileDescriptorProto): void {
    if (!this.#types.has(name)) this.#types.set(name, { kind, file });
  }

  #addAll(prefix: string, messages: readonly DescriptorProto[], file: FileDescriptorProto): void {
    for (const { name, nestedType, enumType } of messages) {
      const full = join(prefix, name);
      this.#add(full, 'message', file);
      this.#addAll(full, nestedType, file);
      for (const inner of enumType) this.#add(join(full, inner.name), 'enum', file);
    }
  }
}

export function join(prefix: string, name: string): string {
  return prefix === '' ? name : `${prefix}.${name}`;
}

function bare(name: string): string {
  return name.startsWith('.') ? name.slice(1) : name;
}

/** Full names of all types that a file uses. */
export function typesUsedBy(file: FileDescriptorProto): Set<string> {
  const used = new Set<string>();
  const fields = (list: readonly FieldDescriptorProto[]): void => {
    for (const { typeName, extendee } of list) {
      if (typeName !== '') used.add(bare(typeName));
      if (extendee !== '') used.add(bare(extendee));
    }
  };
  const messages = (list: readonly DescriptorProto[]): void => {
    for (const { field, extension, nestedType } of list) {
      fields(field);
      fields(extension);
      messages(nestedType);
    }
  };
  fields(file.extension);
  messages(file.messageType);
  for (const { inputType, outputType } of file.service.flatMap(({ method }) => method)) {
    used.add(bare(inputType));
    used.add(bare(outputType));
  }
  return used;
}

/**
 * Takes out of a file what uses types that are not known, and gives fields the JSON names that they lack.
 *
 * @param missing - gets full names of fields and methods, and the type that each lacks
 */
export function prune(file: FileDescriptorProto, index: TypeIndex, missing: Map<string, string>): void {
  const lacks = ({ type, typeName, extendee }: FieldDescriptorProto): string | undefined => {
    if (extendee !== '' && index.kindOf(extendee) !== 'message') return bare(extendee);
    const wanted = wantedKind(type);
    return wanted === undefined || index.kindOf(typeName) === wanted ? undefined : bare(typeName);
  };
  const kept = (prefix: string, list: readonly FieldDescriptorProto[], entries?: ReadonlyMap<string, string>) =>
    list.filter((field) => {
      const type = lacks(field) ?? entries?.get(bare(field.typeName));
      if (type !== undefined) missing.set(join(prefix, field.name), type);
      return type === undefined;
    });
  const message = (prefix: string, one: DescriptorProto): void => {
    const full = join(prefix, one.name);
    for (const nested of one.nestedType) message(full, nested);
    // A map whose values have an unknown type goes as a whole.
    const entries = new Map<string, string>();
    one.nestedType = one.nestedType.filter(({ name, options, field }) => {
      if (options?.mapEntry !== true || field.length === 2) return true;
      entries.set(join(full, name), missing.get(`${join(full, name)}.value`) ?? '');
      return false;
    });
    one.field = kept(full, one.field, entries);
    // protoc writes it, descriptors of Python have none.
    for (const field of one.field) if (field.jsonName === '') field.jsonName = protoCamelCase(field.name);
    one.extension = kept(full, one.extension);
  };
  for (const one of file.messageType) message(file.package, one);
  file.extension = kept(file.package, file.extension);
  for (const service of file.service) {
    service.method = service.method.filter(({ name, inputType, outputType }) => {
      const type = [inputType, outputType].find((one) => index.kindOf(one) !== 'message');
      if (type !== undefined) missing.set(`${join(file.package, service.name)}.${name}`, bare(type));
      return type === undefined;
    });
  }
}

function wantedKind(type: FieldType): Kind | undefined {
  if (type === FieldType.ENUM) return 'enum';
  return type === FieldType.MESSAGE || type === FieldType.GROUP ? 'message' : undefined;
}
