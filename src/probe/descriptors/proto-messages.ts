import { create } from '@bufbuild/protobuf';
import { protoCamelCase } from '@bufbuild/protobuf/reflect';
import {
  type DescriptorProto,
  DescriptorProtoSchema,
  type EnumDescriptorProto,
  EnumDescriptorProtoSchema,
  EnumOptionsSchema,
  EnumValueDescriptorProtoSchema,
  type FieldDescriptorProto,
  FieldDescriptorProtoSchema,
  FieldOptionsSchema,
  FieldDescriptorProto_Type as FieldType,
  type FileDescriptorProto,
  FieldDescriptorProto_Label as Label,
  MessageOptionsSchema,
  OneofDescriptorProtoSchema,
} from '@bufbuild/protobuf/wkt';
import { featuresIn, type Options, readBracketed, readOption } from './proto-options.ts';
import type { ProtoTokens } from './proto-tokens.ts';

/** Where declarations go. */
export interface Body {
  readonly messages: DescriptorProto[];
  readonly enums: EnumDescriptorProto[];
  readonly extensions: FieldDescriptorProto[];
}

const labels: Readonly<Record<string, Label>> = {
  optional: Label.OPTIONAL,
  required: Label.REQUIRED,
  repeated: Label.REPEATED,
};
const scalars = new Map(
  Object.entries(FieldType).flatMap(([name, type]) =>
    typeof type !== 'number' || [FieldType.GROUP, FieldType.MESSAGE, FieldType.ENUM].includes(type)
      ? []
      : [[name.toLowerCase(), type]],
  ),
);
/** More is a mistake, not a message. */
const deepest = 64;
const highestFieldNumber = 2 ** 29 - 1;
const highestInt32 = 2 ** 31 - 1;

export function isScalar(type: string): boolean {
  return scalars.has(type);
}

/** Reads messages, enums and extensions of a .proto file. */
export class ProtoMessages {
  readonly #tokens: ProtoTokens;
  readonly #file: FileDescriptorProto;
  #depth = 0;
  /** Names and numbers that a list has. */
  readonly #taken = new WeakMap<object, Set<string | number>>();

  constructor(tokens: ProtoTokens, file: FileDescriptorProto) {
    this.#tokens = tokens;
    this.#file = file;
  }

  /** A message, enum or extension, where one begins here. */
  readDeclaration(body: Body): boolean {
    const tokens = this.#tokens;
    // Edition 2024: whether other files may use it.
    if (tokens.is('export', 'local') && tokens.isFollowedBy(/^(?:message|enum)$/)) tokens.take();
    if (tokens.takeIf('message')) {
      const name = tokens.name('the name of a message');
      this.#claim(body.messages, name, 'type');
      body.messages.push(this.#message(name));
    } else if (tokens.takeIf('enum')) body.enums.push(this.#enum(body));
    else if (tokens.takeIf('extend')) this.#extend(body);
    else return false;
    return true;
  }

  /**
   * The word that was taken last is a name or number that the list has from now on, and had not: the bytes of a message with
   * two fields of one number mean nothing.
   */
  #claim(list: object, word: string | number, what: string): void {
    const taken = this.#taken.get(list) ?? new Set();
    if (taken.has(word))
      throw this.#tokens.refused(`another ${what} has the ${typeof word === 'number' ? 'number' : 'name'} ${word}`);
    this.#taken.set(list, taken.add(word));
  }

  #message(name: string): DescriptorProto {
    const tokens = this.#tokens;
    const message = create(DescriptorProtoSchema, { name });
    const options: Options = new Map();
    const body: Body = { messages: message.nestedType, enums: message.enumType, extensions: message.extension };
    if (++this.#depth > deepest) throw tokens.mistake(`messages not more than ${deepest} deep`);
    tokens.expect('{');
    while (!tokens.takeIf('}')) {
      if (tokens.takeIf(';') || this.readDeclaration(body)) continue;
      if (tokens.takeIf('option')) {
        readOption(tokens, options);
        tokens.expect(';');
      } else if (tokens.is('extensions', 'reserved')) this.#skipStatement();
      else if (tokens.takeIf('oneof')) this.#oneof(message);
      else this.#field(message.field, message.nestedType, message);
    }
    this.#depth -= 1;
    const features = featuresIn(options);
    if (features !== undefined) message.options = create(MessageOptionsSchema, { features });
    addSyntheticOneofs(message);
    return message;
  }

  /** Ranges of numbers, names and their options. */
  #skipStatement(): void {
    const tokens = this.#tokens;
    tokens.take();
    while (!tokens.takeIf(';')) {
      if (tokens.is('[')) readBracketed(tokens);
      else if (tokens.is('{', '}')) throw tokens.mistake('";"');
      else tokens.take();
    }
  }

  #oneof(message: DescriptorProto): void {
    const tokens = this.#tokens;
    const index = message.oneofDecl.length;
    message.oneofDecl.push(create(OneofDescriptorProtoSchema, { name: tokens.name('the name of a oneof') }));
    tokens.expect('{');
    while (!tokens.takeIf('}')) {
      if (tokens.takeIf(';')) continue;
      if (tokens.takeIf('option')) {
        readOption(tokens, new Map());
        tokens.expect(';');
      } else this.#field(message.field, message.nestedType, message).oneofIndex = index;
    }
  }

  #extend({ extensions, messages }: Body): void {
    const tokens = this.#tokens;
    const extendee = tokens.fullName('the name of a message');
    tokens.expect('{');
    while (!tokens.takeIf('}')) {
      if (tokens.takeIf(';')) continue;
      this.#field(extensions, messages).extendee = extendee;
    }
  }

  /** @param nested - takes what a group or map declares beside its field */
  #field(fields: FieldDescriptorProto[], nested: DescriptorProto[], parent?: DescriptorProto): FieldDescriptorProto {
    const tokens = this.#tokens;
    const label = tokens.is(...Object.keys(labels)) ? labels[tokens.take()]! : undefined;
    const map = tokens.is('map') && tokens.isFollowedBy(/^<$/) ? this.#mapType() : undefined;
    const group = map === undefined && tokens.is('group') && tokens.isFollowedBy(/^[A-Z]/) && tokens.take() === 'group';
    const typeName = map !== undefined || group ? '' : tokens.fullName('a type');
    const name = tokens.name('the name of a field');
    this.#claim(fields, name, 'field');
    tokens.expect('=');
    // Extensions of a message set may have more, and those of several messages the same number.
    const highest = parent === undefined ? highestInt32 : highestFieldNumber;
    const number = tokens.integer('the number of the field', 1, highest);
    if (parent !== undefined) this.#claim(fields, number, 'field');
    const options = readBracketed(tokens);
    const field = create(FieldDescriptorProtoSchema, {
      name: group ? name.toLowerCase() : name,
      number,
      label: map === undefined ? (label ?? Label.OPTIONAL) : Label.REPEATED,
      type: scalars.get(typeName) ?? (group ? FieldType.GROUP : FieldType.MESSAGE),
    });
    field.jsonName = options.get('json_name') ?? protoCamelCase(field.name);
    const packed = options.get('packed');
    const features = featuresIn(options);
    if (packed !== undefined || features !== undefined) {
      field.options = create(FieldOptionsSchema, {
        ...(packed !== undefined && { packed: packed === 'true' }),
        ...(features !== undefined && { features }),
      });
    }
    if (label === Label.OPTIONAL && this.#file.syntax === 'proto3' && parent !== undefined) field.proto3Optional = true;
    if (map !== undefined) {
      const entry = entryOf(name, map);
      nested.push(entry);
      field.typeName = entry.name;
    } else if (group) {
      field.typeName = name;
      nested.push(this.#message(name));
    } else if (!scalars.has(typeName)) field.typeName = typeName;
    fields.push(field);
    if (!group) tokens.expect(';');
    return field;
  }

  #mapType(): readonly [key: string, value: string] {
    const tokens = this.#tokens;
    tokens.take();
    tokens.expect('<');
    const key = tokens.name('the type of the keys');
    if (!scalars.has(key) || /^(?:double|float|bytes)$/.test(key))
      throw tokens.refused(`the keys of a map cannot be ${key}: whole numbers, bool or string`);
    tokens.expect(',');
    const value = tokens.fullName('the type of the values');
    tokens.expect('>');
    return [key, value];
  }

  #enum({ messages }: Body): EnumDescriptorProto {
    const tokens = this.#tokens;
    const one = create(EnumDescriptorProtoSchema, { name: tokens.name('the name of an enum') });
    this.#claim(messages, one.name, 'type');
    const options: Options = new Map();
    tokens.expect('{');
    while (!tokens.is('}') || one.value.length === 0) {
      if (tokens.takeIf(';')) continue;
      if (tokens.is('option') && !tokens.isFollowedBy(/^=$/)) {
        tokens.take();
        readOption(tokens, options);
      } else if (tokens.is('reserved') && !tokens.isFollowedBy(/^=$/)) {
        this.#skipStatement();
        continue;
      } else {
        const name = tokens.name('the name of a value');
        this.#claim(one.value, name, 'value');
        tokens.expect('=');
        const number = tokens.integer('the number of the value', -highestInt32 - 1, highestInt32);
        one.value.push(create(EnumValueDescriptorProtoSchema, { name, number }));
        readBracketed(tokens);
      }
      tokens.expect(';');
    }
    tokens.expect('}');
    const features = featuresIn(options);
    if (features !== undefined) one.options = create(EnumOptionsSchema, { features });
    return one;
  }
}

/** The message of which a map is a list. */
function entryOf(name: string, [key, value]: readonly [string, string]): DescriptorProto {
  const field = (name: string, number: number, type: string) => ({
    ...{ name, number, jsonName: name, label: Label.OPTIONAL, type: scalars.get(type) ?? FieldType.MESSAGE },
    ...(!scalars.has(type) && { typeName: type }),
  });
  const camel = protoCamelCase(name);
  return create(DescriptorProtoSchema, {
    name: `${camel.charAt(0).toUpperCase()}${camel.slice(1)}Entry`,
    field: [field('key', 1, key), field('value', 2, value)],
    options: { mapEntry: true },
  });
}

/** A proto3 field that is optional stands in a oneof of its own, behind all others. */
function addSyntheticOneofs(message: DescriptorProto): void {
  const names = new Set([...message.field, ...message.oneofDecl].map(({ name }) => name));
  for (const field of message.field.filter(({ proto3Optional }) => proto3Optional)) {
    let name = `_${field.name.replace(/^_/, '')}`;
    while (names.has(name)) name = `X${name}`;
    names.add(name);
    field.oneofIndex = message.oneofDecl.length;
    message.oneofDecl.push(create(OneofDescriptorProtoSchema, { name }));
  }
}
