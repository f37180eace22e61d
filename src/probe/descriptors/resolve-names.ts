import {
  type DescriptorProto,
  type FieldDescriptorProto,
  FieldDescriptorProto_Type as FieldType,
  type FileDescriptorProto,
} from '@bufbuild/protobuf/wkt';
import { join, type TypeIndex } from './types.ts';

/**
 * Makes full names of those that are relative to where they stand, as in .proto files and in the descriptors of protobuf.js
 * (descriptor.proto, `type_name`): the innermost scope that has one counts. A name that nobody has stays as it is. Changes
 * the file.
 *
 * @param index - types that the file may use
 */
export function resolveNames(file: FileDescriptorProto, index: TypeIndex): void {
  const full = (name: string, scope: string): string => {
    if (name.startsWith('.')) return name;
    for (let at = scope; ; at = at.slice(0, Math.max(0, at.lastIndexOf('.')))) {
      if (index.kindOf(join(at, name)) !== undefined) return `.${join(at, name)}`;
      if (at === '') return name;
    }
  };
  const fields = (list: readonly FieldDescriptorProto[], scope: string): void => {
    for (const field of list) {
      if (field.typeName !== '') field.typeName = full(field.typeName, scope);
      if (field.extendee !== '') field.extendee = full(field.extendee, scope);
      if (field.type === FieldType.MESSAGE && index.kindOf(field.typeName) === 'enum') field.type = FieldType.ENUM;
    }
  };
  const message = (one: DescriptorProto, scope: string): void => {
    const own = join(scope, one.name);
    fields(one.field, own);
    fields(one.extension, own);
    for (const nested of one.nestedType) message(nested, own);
  };
  for (const one of file.messageType) message(one, file.package);
  fields(file.extension, file.package);
  for (const service of file.service) {
    for (const method of service.method) {
      method.inputType = full(method.inputType, join(file.package, service.name));
      method.outputType = full(method.outputType, join(file.package, service.name));
    }
  }
}
