import { ScalarType } from '@bufbuild/protobuf';

/** A number of a JSON text as it was written: JavaScript's own have 53 bits. */
export class JsonNumber {
  readonly source: string;

  constructor(source: string) {
    this.source = source;
  }
}

const number = /^(-?)(0|[1-9]\d*)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;
/** No integer of protobuf has more digits. */
const mostDigits = 20;
const beyond = 10n ** BigInt(mostDigits + 1);

/** The integer that a JSON number stands for (`1e3` and `1.0` are some); undefined: it is none. */
export function integerOf(source: string): bigint | undefined {
  const match = number.exec(source);
  if (match === null) return undefined;
  const [, sign, whole, fraction = '', exponent = '0'] = match;
  const all = `${whole}${fraction}`;
  const digits = all.replace(/0+$/, '');
  if (digits.replace(/^0+/, '') === '') return 0n;
  const zeros = Number(exponent) - fraction.length + all.length - digits.length;
  if (zeros < 0) return undefined;
  const size = digits.replace(/^0+/, '').length + zeros > mostDigits ? beyond : BigInt(digits + '0'.repeat(zeros));
  return sign === '-' ? -size : size;
}

const ranges = new Map<ScalarType, readonly [bigint, bigint]>();
for (const type of [ScalarType.INT32, ScalarType.SINT32, ScalarType.SFIXED32])
  ranges.set(type, [-(2n ** 31n), 2n ** 31n - 1n]);
for (const type of [ScalarType.UINT32, ScalarType.FIXED32]) ranges.set(type, [0n, 2n ** 32n - 1n]);
for (const type of [ScalarType.INT64, ScalarType.SINT64, ScalarType.SFIXED64])
  ranges.set(type, [-(2n ** 63n), 2n ** 63n - 1n]);
for (const type of [ScalarType.UINT64, ScalarType.FIXED64]) ranges.set(type, [0n, 2n ** 64n - 1n]);

/** Smallest and largest value of an integer type; undefined: it is none. */
export function rangeOf(type: ScalarType): readonly [bigint, bigint] | undefined {
  return ranges.get(type);
}

/**
 * The floating point number that is nearest; undefined where there is none, or where the text is an integer that it does not hold
 * exactly: whoever writes 9007199254740993 does not mean 9007199254740992.
 */
export function floatOf(source: string, type: ScalarType.FLOAT | ScalarType.DOUBLE): number | undefined {
  if (!number.test(source)) return undefined;
  const value = Number(source);
  const held = type === ScalarType.FLOAT ? Math.fround(value) : value;
  if (!Number.isFinite(held)) return undefined;
  return /^-?\d+$/.test(source) && BigInt(source) !== BigInt(held) ? undefined : value;
}
