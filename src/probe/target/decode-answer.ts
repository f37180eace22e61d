import {
  create,
  type DescExtension,
  type DescField,
  type DescMessage,
  fromBinary,
  type Registry,
  ScalarType,
  toJson,
} from '@bufbuild/protobuf';
import { WireType } from '@bufbuild/protobuf/wire';
import { hasCustomJsonRepresentation, isWrapperDesc } from '@bufbuild/protobuf/wkt';
import { AnswerBytes, wireTypeOf } from './answer-bytes.ts';
import { fieldAt, flatten } from './flatten.ts';

/** What could be read of an answer. */
export interface DecodedAnswer {
  /** As protobuf's JSON has it; what cannot be read is left out. */
  readonly value: Readonly<Record<string, unknown>>;
  /** The first thing that a strict client would refuse; undefined: nothing. */
  readonly problem: string | undefined;
}

/** Reads the answers of one method. No function of it ever throws. */
export interface AnswerReader {
  decode(message: Uint8Array): DecodedAnswer;
  /** Text fields by their path, some of the first: whatever could identify the backend. */
  fields(message: Uint8Array): Record<string, string>;
  /** The text or number at a path (`response.podName` or `response.pod_name`); reads only what the path leads through. */
  field(message: Uint8Array, path: string): string | undefined;
}

/**
 * A reader that takes from an answer what can be read: an `Any` of an unknown type, text that is not UTF-8, an unknown enum
 * value or a message that is cut short cost that field, not the answer.
 */
export function answerReader(type: DescMessage, registry: Registry): AnswerReader {
  const decode = (message: Uint8Array, only?: string): DecodedAnswer => {
    const context: Context = { registry, problem: undefined };
    const value = newDecoded();
    try {
      readMessage(type, message, value, { only, depth: 0 }, context);
    } catch (thrown) {
      // What comes from others must not end the process, whatever it is.
      context.problem ??= String(thrown);
    }
    return { value, problem: context.problem };
  };
  return {
    decode,
    fields: (message) => flatten(decode(message).value),
    field: (message, path) => fieldAt(decode(message, path).value, path),
  };
}

/** What is nested more deeply is left out; protobuf's own parsers refuse it. */
const deepest = 100;

type Decoded = Record<string, unknown>;
type Field = DescField | DescExtension;

interface Context {
  readonly registry: Registry;
  problem: string | undefined;
}

interface Place {
  /** Path from here that is wanted; undefined: everything. */
  readonly only: string | undefined;
  readonly depth: number;
}

/** Keys of maps come from the answer: `__proto__` must be a name like any other. */
const newDecoded = (): Decoded => Object.create(null) as Decoded;

function readMessage(type: DescMessage, bytes: Uint8Array, into: Decoded, place: Place, context: Context): void {
  const reader = new AnswerBytes(bytes);
  try {
    while (reader.pos < reader.len) {
      const [number, wireType] = reader.tag();
      if (wireType === WireType.EndGroup) return;
      const field = type.fields.find((one) => one.number === number) ?? context.registry.getExtensionFor(type, number);
      const name = field === undefined ? undefined : nameWanted(field, place.only);
      if (field === undefined || name === undefined) reader.skip(wireType, number);
      else readField(field, name, wireType, reader, into, place, context);
    }
  } catch (thrown) {
    context.problem ??= `${type.typeName}: ${(thrown as Error).message}`;
  }
}

/** The name under which a field is put; undefined: it is not wanted. */
function nameWanted(field: Field, only: string | undefined): string | undefined {
  if (only === undefined) return field.jsonName;
  return [field.jsonName, field.name].find((name) => only === name || only.startsWith(`${name}.`));
}

function readField(
  field: Field,
  name: string,
  wireType: WireType,
  reader: AnswerBytes,
  into: Decoded,
  { only, depth }: Place,
  context: Context,
): void {
  const put = (value: unknown): void => {
    if (field.fieldKind === 'list') (own(into, name, () => []) as unknown[]).push(value);
    else {
      for (const other of field.oneof?.fields ?? []) delete into[other.jsonName];
      into[name] = value;
    }
  };
  if (field.fieldKind === 'map') {
    const entries = own(into, name, newDecoded) as Decoded;
    if (wireType === WireType.LengthDelimited) readEntry(field, reader.message(), entries, depth, context);
    else reader.skip(wireType, field.number);
  } else if (field.message !== undefined) {
    const bytes = messageIn(reader, wireType, field.number);
    if (bytes === undefined) return;
    const rest = only?.slice(name.length + 1);
    // In a list an index stands before the rest of the path.
    const wanted = field.fieldKind === 'list' ? rest?.slice(rest.indexOf('.') + 1) : rest;
    const before = field.fieldKind === 'list' ? undefined : (into[name] as Decoded | undefined);
    put(messageValue(field.message, bytes, { only: wanted || undefined, depth: depth + 1 }, context, before));
  } else if (wireType === wireTypeOf(scalarOf(field))) put(scalarValue(field, reader, context));
  else if (field.fieldKind === 'list' && wireType === WireType.LengthDelimited) {
    const packed = new AnswerBytes(reader.bytes());
    while (packed.pos < packed.len) put(scalarValue(field, packed, context));
  } else reader.skip(wireType, field.number);
}

function readEntry(
  field: Field & { fieldKind: 'map' },
  bytes: Uint8Array,
  into: Decoded,
  depth: number,
  context: Context,
): void {
  const reader = new AnswerBytes(bytes);
  let key = field.mapKey === ScalarType.STRING ? '' : field.mapKey === ScalarType.BOOL ? 'false' : '0';
  let value: unknown;
  while (reader.pos < reader.len) {
    const [number, wireType] = reader.tag();
    if (number === 1 && wireType === wireTypeOf(field.mapKey)) {
      key = field.mapKey === ScalarType.STRING ? textIn(field, reader, context) : String(reader.scalar(field.mapKey));
    } else if (number === 2 && field.message !== undefined) {
      const inner = messageIn(reader, wireType, number);
      const place = { only: undefined, depth: depth + 1 };
      if (inner !== undefined) value = messageValue(field.message, inner, place, context);
    } else if (number === 2 && wireType === wireTypeOf(scalarOf(field))) value = scalarValue(field, reader, context);
    else reader.skip(wireType, number);
  }
  if (value !== undefined) into[key] = value;
}

function own(into: Decoded, name: string, make: () => unknown): unknown {
  into[name] ??= make();
  return into[name];
}

/** The bytes of a message; undefined: skipped, since it is encoded as something else. */
function messageIn(reader: AnswerBytes, wireType: WireType, number: number): Uint8Array | undefined {
  if (wireType === WireType.LengthDelimited) return reader.message();
  const skipped = reader.skip(wireType, number);
  return wireType === WireType.StartGroup ? skipped : undefined;
}

/** @param before - of the same field: a singular message that comes twice is merged */
function messageValue(type: DescMessage, bytes: Uint8Array, place: Place, context: Context, before?: Decoded): unknown {
  if (place.depth > deepest) {
    context.problem ??= `${type.typeName}: nested more than ${deepest} deep`;
    return undefined;
  }
  const whole = (): Decoded => {
    const into = newDecoded();
    readMessage(type, bytes, into, { ...place, only: undefined }, context);
    return into;
  };
  if (isWrapperDesc(type)) return whole().value ?? toJson(type, create(type));
  switch (type.typeName) {
    case 'google.protobuf.Struct':
      return whole().fields ?? newDecoded();
    case 'google.protobuf.ListValue':
      return whole().values ?? [];
    case 'google.protobuf.Value':
      return Object.values(whole())[0] ?? null;
    case 'google.protobuf.Any':
      return anyValue(bytes, place.depth, context);
    case 'google.protobuf.Timestamp':
    case 'google.protobuf.Duration':
    case 'google.protobuf.FieldMask':
      try {
        return toJson(type, fromBinary(type, bytes));
      } catch (thrown) {
        context.problem ??= `${type.typeName}: ${(thrown as Error).message}`;
        return whole();
      }
  }
  const into = before ?? newDecoded();
  readMessage(type, bytes, into, place, context);
  return into;
}

/** Of a type that nobody described there is the name alone. */
function anyValue(bytes: Uint8Array, depth: number, context: Context): Decoded {
  const reader = new AnswerBytes(bytes);
  let url = '';
  let content: Uint8Array = new Uint8Array();
  while (reader.pos < reader.len) {
    const [number, wireType] = reader.tag();
    if (number === 1 && wireType === WireType.LengthDelimited) url = reader.string(false);
    else if (number === 2 && wireType === WireType.LengthDelimited) content = reader.message();
    else reader.skip(wireType, number);
  }
  const into = newDecoded();
  into['@type'] = url;
  const type = context.registry.getMessage(url.slice(url.lastIndexOf('/') + 1));
  if (type === undefined) return into;
  const place = { only: undefined, depth: depth + 1 };
  if (hasCustomJsonRepresentation(type)) into.value = messageValue(type, content, place, context);
  else messageValue(type, content, place, context, into);
  return into;
}

/** Enums are encoded as int32. */
function scalarOf(field: Field): ScalarType {
  return field.enum === undefined ? field.scalar! : ScalarType.INT32;
}

function scalarValue(field: Field, reader: AnswerBytes, context: Context): unknown {
  const type = scalarOf(field);
  if (type === ScalarType.STRING) return textIn(field, reader, context);
  const value = reader.scalar(type);
  if (field.enum?.typeName === 'google.protobuf.NullValue') return null;
  return field.enum?.value[value as number]?.name ?? value;
}

function textIn(field: Field, reader: AnswerBytes, context: Context): string {
  return reader.text(field.utf8Validation, () => {
    context.problem ??= `${field}: invalid UTF-8`;
  });
}
