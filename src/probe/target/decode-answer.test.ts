import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { create, type FileRegistry, fromJson, type JsonValue, toBinary, toJson } from '@bufbuild/protobuf';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { AnySchema } from '@bufbuild/protobuf/wkt';
import { loadProtoFiles } from '../descriptors/proto-files.ts';
import { type AnswerReader, answerReader } from './decode-answer.ts';

const proto = `syntax = "proto3";
package shop;
import "google/protobuf/any.proto";
import "google/protobuf/struct.proto";
import "google/protobuf/timestamp.proto";
import "google/protobuf/wrappers.proto";
message Answer {
  string host_name = 1;
  string text = 2;
  google.protobuf.Any detail = 3;
  google.protobuf.Timestamp at = 4;
  google.protobuf.Struct labels = 5;
  google.protobuf.StringValue pod = 6;
  Answer inner = 7;
  repeated Answer items = 8;
  map<string, string> notes = 9;
  Kind kind = 10;
  double ratio = 11;
  repeated int32 counts = 12;
  int64 big = 13;
  oneof one { string left = 14; string right = 15; }
  map<int32, Answer> by_number = 16;
  bytes raw = 17;
  enum Kind { NONE = 0; SOME = 1; }
}
`;

let registry: FileRegistry;
let reader: AnswerReader;

before(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'evenkeel-answers-'));
  after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'answer.proto'), proto);
  registry = (await loadProtoFiles(['answer.proto'], [folder], { service: 'shop.No', method: 'No' })).registry;
  reader = answerReader(registry.getMessage('shop.Answer')!, registry);
});

function encoded(json: JsonValue): Uint8Array {
  const type = registry.getMessage('shop.Answer')!;
  return toBinary(type, fromJson(type, json, { registry }));
}

/** What is read, with ordinary objects. */
function read(bytes: Uint8Array): { value: unknown; problem: string | undefined } {
  const { value, problem } = reader.decode(bytes);
  return { value: JSON.parse(JSON.stringify(value)), problem };
}

const named = (write: (writer: BinaryWriter) => void): Uint8Array => {
  const writer = new BinaryWriter();
  write(writer);
  return writer.tag(1, WireType.LengthDelimited).string('pod-a').finish();
};

test('an answer is read as the JSON of protobuf has it', () => {
  const json = {
    hostName: 'pod-a',
    detail: { '@type': 'type.googleapis.com/shop.Answer', text: 'inside' },
    at: '2026-01-02T03:04:05Z',
    labels: { pod: 'pod-a', zones: ['a', 1, true, null], more: { x: 'y' } },
    pod: '',
    inner: { inner: { text: 'deep' } },
    items: [{ text: 'one' }, { text: 'two' }],
    notes: { 'app.kubernetes.io/name': 'shop' },
    kind: 'SOME',
    ratio: 0.5,
    counts: [1, -2],
    big: '-9223372036854775808',
    right: 'r',
    byNumber: { '-1': { text: 'minus' } },
    raw: 'AQI=',
  };
  const type = registry.getMessage('shop.Answer')!;
  assert.deepEqual(toJson(type, fromJson(type, json, { registry }), { registry }), json, 'the library agrees');
  assert.deepEqual(read(encoded(json)), { value: json, problem: undefined });
});

test('an Any of an unknown type costs nothing but itself', () => {
  const any = toBinary(
    AnySchema,
    create(AnySchema, { typeUrl: 'type.googleapis.com/other.Type', value: new Uint8Array(9) }),
  );
  const bytes = named((writer) => writer.tag(3, WireType.LengthDelimited).bytes(any));
  assert.deepEqual(read(bytes).value, { detail: { '@type': 'type.googleapis.com/other.Type' }, hostName: 'pod-a' });
  assert.equal(reader.field(bytes, 'hostName'), 'pod-a');
});

test('what is damaged is left out, and said', () => {
  const notUtf8 = named((writer) => writer.tag(2, WireType.LengthDelimited).bytes(Buffer.from([0x61, 0xff])));
  assert.deepEqual(read(notUtf8).value, { text: 'a\u{fffd}', hostName: 'pod-a' });
  assert.match(read(notUtf8).problem!, /shop\.Answer\.text: invalid UTF-8/);

  const noTime = named((writer) =>
    writer.tag(4, WireType.LengthDelimited).fork().tag(1, WireType.Varint).int64('999999999999999').join(),
  );
  assert.deepEqual(read(noTime).value, { at: { seconds: '999999999999999' }, hostName: 'pod-a' });

  const whole = encoded({ hostName: 'pod-a', inner: { hostName: 'pod-b', text: 'long enough' } });
  const cut = read(whole.subarray(0, -3));
  assert.deepEqual(cut.value, { hostName: 'pod-a', inner: { hostName: 'pod-b' } });
  assert.match(cut.problem!, /premature EOF/);
});

test('no bytes make it throw or hang', () => {
  const whole = encoded({
    hostName: 'a',
    labels: { a: [1, { b: 2 }] },
    counts: [1, 300],
    notes: { a: 'b' },
    at: '2026-01-02T03:04:05Z',
  });
  for (let end = 0; end < whole.length; end += 1) read(whole.subarray(0, end));
  for (let at = 0; at < whole.length; at += 1) {
    for (const other of [0, 0x0b, 0x7f, 0x80, 0xff]) read(Uint8Array.from(whole).fill(other, at, at + 1));
  }
  read(Buffer.alloc(1000, 0xff));
  read(Buffer.alloc(1000, 0x3b));
});

test('numbers, enum values and fields that the description does not know are shown or passed over', () => {
  const bytes = named((writer) => {
    writer.tag(10, WireType.Varint).int32(77);
    writer.tag(11, WireType.Bit64).double(Number.NaN);
    writer.tag(99, WireType.LengthDelimited).string('unknown');
    writer.tag(2, WireType.Varint).int32(5);
    writer.tag(14, WireType.LengthDelimited).string('l').tag(15, WireType.LengthDelimited).string('r');
    writer.tag(12, WireType.Varint).int32(3).tag(12, WireType.LengthDelimited).fork().int32(4).int32(5).join();
  });
  assert.deepEqual(read(bytes), {
    value: { kind: 77, ratio: 'NaN', right: 'r', counts: [3, 4, 5], hostName: 'pod-a' },
    problem: undefined,
  });
});

test('what is nested too deeply is left out', () => {
  let bytes: Uint8Array = new Uint8Array();
  for (let depth = 0; depth < 500; depth += 1) {
    bytes = new BinaryWriter().tag(7, WireType.LengthDelimited).bytes(bytes).finish();
  }
  bytes = named((writer) => writer.raw(bytes));
  const { value, problem } = reader.decode(bytes);
  assert.equal(value.hostName, 'pod-a');
  assert.match(problem!, /nested more than 100 deep/);
});

test('a field is found by its path, in either spelling, whatever else cannot be read', () => {
  const whole = encoded({
    hostName: 'pod-a',
    labels: { pod: 'in-struct' },
    pod: 'wrapped',
    inner: { hostName: 'pod-b', big: '7' },
    items: [{ text: 'one' }, { text: 'two' }],
    notes: { 'app.kubernetes.io/name': 'shop', ['__proto__']: 'odd' },
    counts: [4, 5],
    byNumber: { 3: { text: 'three' } },
  });
  const damaged = Buffer.concat([Buffer.from([0x12, 1, 0xff]), whole, Buffer.from([0x1a, 100, 1])]);
  for (const bytes of [whole, damaged]) {
    const found = (path: string): string | undefined => reader.field(bytes, path);
    assert.deepEqual(['host_name', 'hostName', 'inner.host_name', 'inner.hostName', 'inner.big'].map(found), [
      'pod-a',
      'pod-a',
      'pod-b',
      'pod-b',
      '7',
    ]);
    assert.deepEqual(['labels.pod', 'pod', 'items.1.text', 'counts.1', 'byNumber.3.text'].map(found), [
      'in-struct',
      'wrapped',
      'two',
      '5',
      'three',
    ]);
    assert.deepEqual(['notes.app.kubernetes.io/name', 'notes.__proto__'].map(found), ['shop', 'odd']);
    assert.deepEqual(
      ['', '.', 'text.x', 'inner', 'inner.inner.text', 'constructor', 'items.5.text'].map(found),
      Array(7).fill(undefined),
    );
    assert.equal(reader.fields(bytes)['inner.hostName'], 'pod-b');
  }
});
