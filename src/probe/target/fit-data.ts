import {
  type DescExtension,
  type DescField,
  type DescMessage,
  fromJson,
  type JsonValue,
  ScalarType,
} from '@bufbuild/protobuf';
import { protoCamelCase } from '@bufbuild/protobuf/reflect';
import {
  hasCustomJsonRepresentation,
  isWrapperDesc,
  FeatureSet_FieldPresence as Presence,
} from '@bufbuild/protobuf/wkt';
import type { Described } from '../descriptors/link.ts';
import { JsonNumber } from './exact-number.ts';
import { fitEnum, fitFloat, fitScalar, fitText } from './fit-scalar.ts';
import { inside, Misfit, misfit, type Spot } from './misfit.ts';
import type { Data } from './read-data.ts';

type Field = DescField | DescExtension;

/** As protobuf's own parsers. */
const deepest = 100;

/** How well-known types are written. */
const forms: Readonly<Record<string, string>> = {
  'google.protobuf.Timestamp': 'a time such as "2026-01-02T03:04:05Z"',
  'google.protobuf.Duration': 'a length of time in seconds such as "1.5s"',
  'google.protobuf.FieldMask': 'paths such as "name,price.units"',
};

/**
 * Checks JSON against the message that it is to become, and makes of it what the library reads without loss: exact integers
 * of 64 bits as text. Pure.
 *
 * @throws Misfit with the path of the first value that does not fit, and the form that is wanted
 */
export function fitData(type: DescMessage, data: Data, described: Described): JsonValue {
  return new Fitter(described).message(type, data, { path: '', name: type.typeName }, 0);
}

class Fitter {
  readonly #described: Described;

  constructor(described: Described) {
    this.#described = described;
  }

  message(type: DescMessage, value: Data, spot: Spot, depth: number): JsonValue {
    if (depth > deepest) throw new Misfit(spot, `nested more than ${deepest} deep`);
    if (isWrapperDesc(type)) return value === null ? null : fitScalar(type.fields[0]!.scalar!, value, spot);
    const form = forms[type.typeName];
    if (form !== undefined) return fitForm(type, form, value, spot);
    switch (type.typeName) {
      case 'google.protobuf.Any':
        return this.#any(value, spot, depth);
      case 'google.protobuf.Struct':
        if (!isObject(value)) throw misfit(spot, 'an object', value);
        return this.#value(value, spot, depth);
      case 'google.protobuf.ListValue':
        if (!Array.isArray(value)) throw misfit(spot, 'a list', value);
        return this.#value(value, spot, depth);
      case 'google.protobuf.Value':
        return this.#value(value, spot, depth);
    }
    if (!isObject(value)) throw misfit(spot, `an object with the fields of ${type.typeName}`, value, fieldsOf(type));
    return Object.fromEntries(this.#fields(type, Object.entries(value), spot, depth));
  }

  #fields(
    type: DescMessage,
    entries: readonly (readonly [string, Data])[],
    spot: Spot,
    depth: number,
  ): [string, JsonValue][] {
    const given = new Map<string, string>();
    const fitted = entries.map(([key, value]): [string, JsonValue] => {
      const field = this.#field(type, key, spot);
      const at = {
        path: inside(spot.path, key),
        name: field.kind === 'extension' ? field.typeName : `${type.typeName}.${field.name}`,
      };
      for (const name of field.kind === 'field' && field.oneof !== undefined && value !== null
        ? [field.oneof.name]
        : []) {
        const other = given.get(`oneof ${name}`);
        if (other !== undefined) throw new Misfit(at, `only one of ${other} and ${key} can be given (oneof ${name})`);
        given.set(`oneof ${name}`, key);
      }
      const before = given.get(field.name);
      if (before !== undefined) throw new Misfit(at, `it is given twice, also as ${before}`);
      given.set(field.name, key);
      return [key, this.#fieldValue(field, value, at, depth)];
    });
    for (const { name, presence } of type.fields) {
      // Null stands for a field that is not given.
      const value = given.has(name) ? entries.find(([key]) => key === given.get(name))![1] : null;
      if (presence === Presence.LEGACY_REQUIRED && value === null) {
        throw new Misfit({ path: inside(spot.path, name), name: `${type.typeName}.${name}` }, 'it is required');
      }
    }
    return fitted;
  }

  #field(type: DescMessage, key: string, spot: Spot): Field {
    const field = type.fields.find(({ name, jsonName }) => name === key || jsonName === key);
    if (field !== undefined) return field;
    const { registry, missing } = this.#described;
    const extension = /^\[.+\]$/.test(key) ? registry.getExtension(key.slice(1, -1)) : undefined;
    if (extension?.extendee.typeName === type.typeName) return extension;
    const at = { path: inside(spot.path, key), name: type.typeName };
    for (const [full, lacks] of missing) {
      const [prefix, name] = [full.slice(0, full.lastIndexOf('.')), full.slice(full.lastIndexOf('.') + 1)];
      if (prefix === type.typeName && (name === key || protoCamelCase(name) === key)) {
        throw new Misfit(at, `its type ${lacks} is not described`, 'Give the .proto files with --proto.');
      }
    }
    throw new Misfit(at, `there is no field "${key.slice(0, 60)}"`, fieldsOf(type));
  }

  #fieldValue(field: Field, value: Data, spot: Spot, depth: number): JsonValue {
    if (field.fieldKind === 'list') {
      if (value === null) return null;
      if (!Array.isArray(value)) throw misfit(spot, 'a list', value);
      return value.map((item: Data, index) =>
        this.#single(field, item, { ...spot, path: `${spot.path}[${index}]` }, depth),
      );
    }
    if (field.fieldKind === 'map') {
      if (value === null) return null;
      if (!isObject(value)) throw misfit(spot, 'an object', value);
      return Object.fromEntries(
        Object.entries(value).map(([key, item]) => {
          const at = { ...spot, path: `${spot.path}[${JSON.stringify(key.slice(0, 60))}]` };
          return [fitKey(field.mapKey, key, at), this.#single(field, item, at, depth)];
        }),
      );
    }
    return value === null && !takesNull(field) ? null : this.#single(field, value, spot, depth);
  }

  /** One value of a field, list or map. */
  #single(field: Field, value: Data, spot: Spot, depth: number): JsonValue {
    if (value === null && takesNull(field)) return null;
    if (field.message !== undefined) {
      if (value === null)
        throw misfit(spot, `${forms[field.message.typeName] ?? `a ${field.message.typeName}`}`, value);
      return this.message(field.message, value, spot, depth + 1);
    }
    return field.enum === undefined ? fitScalar(field.scalar!, value, spot) : fitEnum(field.enum, value, spot);
  }

  #any(value: Data, spot: Spot, depth: number): JsonValue {
    const form = 'an object with "@type": "type.googleapis.com/PACKAGE.MESSAGE" and its fields';
    if (!isObject(value)) throw misfit(spot, form, value);
    const { '@type': url, ...rest } = value;
    if (url === undefined && Object.keys(rest).length === 0) return {};
    if (typeof url !== 'string') throw misfit(spot, form, url ?? value);
    const name = url.slice(url.lastIndexOf('/') + 1);
    const type = this.#described.registry.getMessage(name);
    if (type === undefined) {
      throw new Misfit(
        { ...spot, path: inside(spot.path, '@type') },
        `the type ${name.slice(0, 100)} is not described`,
      );
    }
    if (!hasCustomJsonRepresentation(type)) {
      if (depth >= deepest) throw new Misfit(spot, `nested more than ${deepest} deep`);
      return Object.fromEntries([['@type', url], ...this.#fields(type, Object.entries(rest), spot, depth + 1)]);
    }
    const at = { path: inside(spot.path, 'value'), name };
    return { '@type': url, value: this.message(type, rest.value ?? null, at, depth + 1) };
  }

  /** What JSON may be as it is. */
  #value(value: Data, spot: Spot, depth: number): JsonValue {
    if (depth > deepest) throw new Misfit(spot, `nested more than ${deepest} deep`);
    if (value instanceof JsonNumber) return fitFloat(ScalarType.DOUBLE, value, spot);
    if (typeof value === 'string') return fitText(value, spot);
    if (Array.isArray(value)) {
      return value.map((item: Data, index) =>
        this.#value(item, { ...spot, path: `${spot.path}[${index}]` }, depth + 1),
      );
    }
    if (!isObject(value)) return value as boolean | null;
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => {
        const at = { ...spot, path: inside(spot.path, key) };
        return [fitText(key, at), this.#value(item, at, depth + 1)];
      }),
    );
  }
}

function isObject(value: Data): value is { readonly [name: string]: Data } {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof JsonNumber);
}

function takesNull({ message, enum: names }: Field): boolean {
  return message?.typeName === 'google.protobuf.Value' || names?.typeName === 'google.protobuf.NullValue';
}

function fitForm(type: DescMessage, form: string, value: Data, spot: Spot): JsonValue {
  try {
    if (typeof value === 'string') {
      fromJson(type, value);
      return value;
    }
  } catch {
    // Told below, with the form that is wanted.
  }
  throw misfit(spot, form, value);
}

function fitKey(type: ScalarType, key: string, spot: Spot): string {
  if (type === ScalarType.BOOL) {
    if (key === 'true' || key === 'false') return key;
    throw misfit(spot, 'the key true or false', key);
  }
  return String(fitScalar(type, key, spot));
}

function fieldsOf({ typeName, fields }: DescMessage): string {
  const names = fields.map(({ jsonName }) => jsonName);
  return `${typeName} has the fields ${names.slice(0, 50).join(', ') || '(none)'}.`;
}
