import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromBinary, type JsonValue, toBinary, toJson } from '@bufbuild/protobuf';
import { linkFiles } from '../descriptors/link.ts';
import { parseProto } from '../descriptors/parse-proto.ts';
import { resolveNames } from '../descriptors/resolve-names.ts';
import { TypeIndex } from '../descriptors/types.ts';
import { wellKnownFiles } from '../descriptors/well-known.ts';
import { prepareCall } from './method.ts';

const files = [
  `syntax = "proto3"; package shop;
   message Order {
     int32 i32 = 1; uint32 u32 = 2; fixed32 f32 = 3; int64 i64 = 4; uint64 u64 = 5; fixed64 f64 = 6; sint64 s64 = 7; sfixed64 sf64 = 8;
     float number = 9; double big_number = 10; bool yes = 11; string text = 12; bytes raw = 13; Kind kind = 14;
     google.protobuf.Timestamp ts = 15; google.protobuf.Duration took = 16; google.protobuf.FieldMask mask = 17;
     google.protobuf.Int64Value wrapped = 18; google.protobuf.Any any = 19; google.protobuf.Struct free = 20;
     repeated Order items = 21; map<int64, int64> counts = 22; map<string, Order> named = 23; repeated uint64 many = 24;
     oneof one { string left = 25; string right = 26; } Order inner = 27; google.protobuf.Value value = 28; map<bool, string> flags = 29;
     google.protobuf.UInt64Value big = 30; google.protobuf.ListValue list = 31; lost.Type lost = 32;
     enum Kind { NONE = 0; SOME = 1; }
   }
   service Orders { rpc Get(Order) returns (Order); rpc Put(stream Order) returns (Order); rpc Need(old.Need) returns (Order); }`,
  `syntax = "proto2"; package old; message Need { required string id = 1; optional Closed closed = 2; extensions 100 to 200; enum Closed { ONE = 1; } }
   extend Need { optional int64 more = 100; }`,
].map((text, index) => parseProto(`${index}.proto`, `${index}.proto`, text));
const index = new TypeIndex([...wellKnownFiles.values(), ...files]);
for (const file of files) resolveNames(file, index);
const described = linkFiles(files, 'shop.Orders');

function sent(data: string, method = 'Get'): JsonValue {
  const type = described.registry.getMessage(method === 'Need' ? 'old.Need' : 'shop.Order')!;
  const { requests } = prepareCall(described, `shop.Orders/${method}`, data);
  const message = fromBinary(type, requests[0]!);
  assert.deepEqual(toBinary(type, message), requests[0]);
  return toJson(type, message, described);
}

function refusal(data: string, method = 'Get'): { code: string; message: string; hint: string } {
  try {
    prepareCall(described, `shop.Orders/${method}`, data);
  } catch (thrown) {
    return thrown as ReturnType<typeof refusal>;
  }
  return assert.fail(`${data} was taken`);
}

test('integers of 64 bits are sent exactly, wherever they stand', () => {
  const large = '9007199254740993';
  for (const [data, expected] of [
    [
      `{"i64": ${large}, "u64": 18446744073709551615, "s64": -9223372036854775808}`,
      { i64: large, u64: '18446744073709551615', s64: '-9223372036854775808' },
    ],
    [
      `{"f64": ${large}, "sf64": "-${large}", "i32": -2147483648, "u32": 4294967295}`,
      { f64: large, sf64: `-${large}`, i32: -2147483648, u32: 4294967295 },
    ],
    [`{"wrapped": ${large}, "big": ${large}}`, { wrapped: large, big: large }],
    [
      `{"many": [${large}, "${large}"], "counts": {"${large}": ${large}}}`,
      { many: [large, large], counts: { [large]: large } },
    ],
    [
      `{"items": [{"inner": {"named": {"a": {"i64": ${large}}}}}]}`,
      { items: [{ inner: { named: { a: { i64: large } } } }] },
    ],
    [
      `{"any": {"@type": "type.googleapis.com/shop.Order", "i64": ${large}}}`,
      { any: { '@type': 'type.googleapis.com/shop.Order', i64: large } },
    ],
    [
      `{"any": {"@type": "type.googleapis.com/google.protobuf.Int64Value", "value": ${large}}}`,
      { any: { '@type': 'type.googleapis.com/google.protobuf.Int64Value', value: large } },
    ],
    [
      '{"i32": 1e3, "i64": 1.50e1, "u64": 10000000000000000.000e3, "s64": "1e2"}',
      { i32: 1000, i64: '15', u64: '10000000000000000000', s64: '100' },
    ],
    [
      '{"bigNumber": 9007199254740993.0, "number": 0.1, "free": {"a": 9007199254740992}}',
      { bigNumber: 9007199254740992, number: 0.10000000149011612, free: { a: 9007199254740992 } },
    ],
  ] as const) {
    assert.deepEqual(sent(data), expected, data);
  }
  assert.deepEqual(sent(`{"id": "1", "[old.more]": ${large}}`, 'Need'), { id: '1', '[old.more]': large });
});

test('numbers that a field cannot hold are refused, never rounded', () => {
  for (const [data, path] of [
    [
      '{"i64": 9223372036854775808}',
      /i64 \(shop\.Order\.i64\): .* to 9223372036854775807, .* found 9223372036854775808/,
    ],
    ['{"u64": -1}', /u64 .*from 0 to 18446744073709551615/],
    ['{"i32": 2147483648}', /i32 .*to 2147483647, found 2147483648/],
    ['{"i32": 1.5}', /i32 .*a whole number .*found 1\.5/],
    ['{"i64": 1e400}', /i64 /],
    ['{"i64": 1e-999999999999}', /i64 /],
    ['{"i64": 1e999999999999}', /i64 /],
    ['{"i64": " 1"}', /i64 .*found " 1"/],
    ['{"i64": ""}', /i64 /],
    ['{"i64": "0x1"}', /i64 /],
    ['{"bigNumber": 1e400}', /bigNumber \(shop\.Order\.big_number\).*double/],
    ['{"bigNumber": 9007199254740993}', /bigNumber .*found 9007199254740993/],
    ['{"number": 16777217}', /number .*float/],
    ['{"number": 1e39}', /number .*float/],
    ['{"free": {"a": [1, {"b": 9007199254740993}]}}', /free\.a\[1\]\.b .*double.*9007199254740993/],
    ['{"value": 9007199254740993}', /value .*double/],
    ['{"list": [9007199254740993]}', /list\[0\] .*double/],
    ['{"wrapped": 1.5}', /wrapped .*whole number/],
    ['{"counts": {"1.5": 1}}', /counts\["1\.5"\] .*whole number/],
    ['{"counts": {"1": 1e99}}', /counts\["1"\] .*whole number/],
  ] as const) {
    const { code, message } = refusal(data);
    assert.equal(code, 'EK_PROBE_DATA');
    assert.match(message, path, data);
  }
  assert.match(refusal('{"bigNumber": 9007199254740993}').hint, /9007199254740993\.0/);
});

test('what does not fit is named by its path, with the form that is wanted', () => {
  for (const [data, expected, method] of [
    [
      '{"ts": {"seconds": 20}}',
      /: ts \(shop\.Order\.ts\): expected a time such as "2026-01-02T03:04:05Z", found an object/,
    ],
    ['{"ts": "yesterday"}', /ts .*2026-01-02T03:04:05Z.*"yesterday"/],
    ['{"ts": "10000-01-01T00:00:00Z"}', /ts .*2026-01-02T03:04:05Z/],
    ['{"took": 5}', /took .*"1\.5s", found 5/],
    ['{"mask": ["a"]}', /mask .*"name,price\.units", found a list/],
    [
      '{"items": [{}, {}, {"text": 5}]}',
      /items\[2\]\.text \(shop\.Order\.text\): expected text in double quotes, found 5/,
    ],
    ['{"named": {"a.b": {"inner": {"yes": "true"}}}}', /named\["a\.b"\]\.inner\.yes .*true or false, found "true"/],
    ['{"items": {"a": 1}}', /items .*a list, found an object/],
    ['{"items": [null]}', /items\[0\] .*found null/],
    ['{"many": [null]}', /many\[0\] .*found null/],
    ['{"named": []}', /named .*an object, found a list/],
    ['{"kind": "OTHER"}', /kind .*one of NONE, SOME, found "OTHER"/],
    ['{"kind": 1.5}', /kind .*one of/],
    ['{"raw": "a"}', /raw .*base64/],
    ['{"raw": [1]}', /raw .*base64/],
    ['{"text": "\\ud800"}', /text .*lone surrogate/],
    ['{"any": "x"}', /any .*"@type"/],
    ['{"any": {"text": "x"}}', /any .*"@type"/],
    ['{"any": {"@type": "x/no.Such"}}', /any\.@type .*no\.Such is not described/],
    ['{"any": {"@type": "x/shop.Order", "yes": 1}}', /any\.yes \(shop\.Order\.yes\).*true or false/],
    ['{"any": {"@type": "x/google.protobuf.Duration", "value": 1}}', /any\.value .*"1\.5s"/],
    ['{"left": "a", "right": "b"}', /right .*only one of left and right/],
    ['{"bigNumber": 1, "big_number": 2}', /big_number .*given twice, also as bigNumber/],
    ['{"text": "a", "te\\u0078t": "b"}', /"text" twice/],
    ['{"inner": {"colour": 1}}', /inner\.colour \(shop\.Order\): there is no field "colour"/],
    ['{"lost": {}}', /lost .*lost\.Type is not described/],
    ['{"flags": {"yes": "x"}}', /flags\["yes"\] .*the key true or false/],
    ['{"free": []}', /free .*an object, found a list/],
    ['5', /: shop\.Order: expected an object with the fields of shop\.Order, found 5/],
    ['{}', /: id \(old\.Need\.id\): it is required/, 'Need'],
    ['{"id":null}', /: id \(old\.Need\.id\): it is required/, 'Need'],
    ['{"id": "a", "closed": 5}', /closed .*one of ONE, found 5/, 'Need'],
    ['{"id": "a", "[old.more]": true}', /\[old\.more\] \(old\.more\): expected a whole number/, 'Need'],
    ['[{}, {"items": [{"i32": "x"}]}]', /\(message 2\): items\[0\]\.i32 /, 'Put'],
    ['{"text": }', /not JSON: line 1, column 10: expected a value/],
  ] as [string, RegExp, string?][]) {
    const { code, message } = refusal(data, method);
    assert.equal(code, 'EK_PROBE_DATA');
    assert.match(message, expected, data);
  }
  assert.match(refusal('{"inner": {"colour": 1}}').hint, /shop\.Order has the fields i32, u32/);
});

test('what is nested too deeply is refused', () => {
  const nested = (open: string, close: string, times: number): string => open.repeat(times) + close.repeat(times);
  assert.match(
    refusal(`{"inner":${nested('{"inner":', '}', 200).replace(':}', ':{}}')}}`).message,
    /nested more than 100 deep/,
  );
  assert.match(refusal(`{"list":${nested('[', ']', 200)}}`).message, /nested more than 100 deep/);
  assert.equal(refusal(nested('[', ']', 200_000), 'Put').code, 'EK_PROBE_DATA');
});

test('what fits is sent as it is', () => {
  for (const json of [
    { ts: '2026-01-02T03:04:05Z', took: '1.500s', mask: 'text,bigNumber', raw: 'AQI=', kind: 'SOME', yes: true },
    { free: { a: [null, true, 'x', { b: 1.5 }] }, value: null, list: ['a'], flags: { true: 'x' } },
    {
      any: { '@type': 'type.googleapis.com/google.protobuf.Duration', value: '1s' },
      right: 'r',
      number: 'NaN',
      bigNumber: '-Infinity',
    },
  ]) {
    assert.deepEqual(sent(JSON.stringify(json)), json);
  }
  assert.deepEqual(sent('{"text": null, "items": null, "kind": 7, "named": {"__proto__": {"text": "x"}}, "any": {}}'), {
    kind: 7,
    any: {},
    named: JSON.parse('{"__proto__": {"text": "x"}}'),
  });
});
