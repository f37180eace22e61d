import { type DescEnum, type JsonValue, ScalarType } from '@bufbuild/protobuf';
import { floatOf, integerOf, JsonNumber, rangeOf } from './exact-number.ts';
import { misfit, type Spot } from './misfit.ts';
import type { Data } from './read-data.ts';

/** @throws Misfit */
export function fitScalar(type: ScalarType, value: Data, spot: Spot): JsonValue {
  const range = rangeOf(type);
  if (range !== undefined) return fitInteger(range, value, spot);
  switch (type) {
    case ScalarType.BOOL:
      if (typeof value === 'boolean') return value;
      throw misfit(spot, 'true or false', value);
    case ScalarType.BYTES:
      if (typeof value === 'string' && isBase64(value)) return value;
      throw misfit(spot, 'bytes in base64 such as "aGVsbG8="', value);
    case ScalarType.FLOAT:
    case ScalarType.DOUBLE:
      return fitFloat(type, value, spot);
    default:
      return fitText(value, spot);
  }
}

/** @throws Misfit */
export function fitText(value: Data, spot: Spot): string {
  if (typeof value !== 'string') throw misfit(spot, 'text in double quotes', value);
  if (!value.isWellFormed()) throw misfit(spot, 'text without half of a character (a lone surrogate)', value);
  return value;
}

/** 32 bits as a number, 64 bits as text, which holds them. */
function fitInteger([smallest, largest]: readonly [bigint, bigint], value: Data, spot: Spot): JsonValue {
  const source = value instanceof JsonNumber ? value.source : typeof value === 'string' ? value : undefined;
  const integer = source === undefined ? undefined : integerOf(source);
  if (integer === undefined || integer < smallest || integer > largest) {
    const written = largest > 2n ** 32n ? `, written 5 or "5"` : '';
    throw misfit(spot, `a whole number from ${smallest} to ${largest}${written}`, value);
  }
  return largest > 2n ** 32n ? String(integer) : Number(integer);
}

/** @throws Misfit */
export function fitFloat(type: ScalarType.FLOAT | ScalarType.DOUBLE, value: Data, spot: Spot): JsonValue {
  if (typeof value === 'string' && /^(?:NaN|-?Infinity)$/.test(value)) return value;
  const source = value instanceof JsonNumber ? value.source : typeof value === 'string' ? value : '';
  const number = floatOf(source, type);
  if (number !== undefined) return number;
  const kind = type === ScalarType.FLOAT ? 'float' : 'double';
  const hint = /^-?\d+$/.test(source) ? `Write ${source.slice(0, 40)}.0 where the nearest ${kind} will do.` : undefined;
  throw misfit(spot, `a number that a ${kind} holds, "NaN" or "Infinity"`, value, hint);
}

/** @throws Misfit */
export function fitEnum(type: DescEnum, value: Data, spot: Spot): JsonValue {
  if (typeof value === 'string' && type.values.some(({ name, jsonName }) => name === value || jsonName === value))
    return value;
  const number = value instanceof JsonNumber ? integerOf(value.source) : undefined;
  const known = number !== undefined && type.value[Number(number)] !== undefined;
  const open = number !== undefined && type.open && number >= -(2n ** 31n) && number < 2n ** 31n;
  if (known || open) return Number(number);
  const names = type.values.map(({ name }) => name);
  const more = names.length > 12 ? `, … (${names.length} in all)` : '';
  throw misfit(spot, `one of ${names.slice(0, 12).join(', ')}${more}`, value);
}

function isBase64(text: string): boolean {
  const bare = text.replace(/={0,2}$/, '');
  return /^(?:[\w+/-]*)$/.test(bare) && bare.length % 4 !== 1;
}
