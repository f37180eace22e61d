import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { fromBinary, toJson } from '@bufbuild/protobuf';
import { type FileDescriptorProto, FileDescriptorProtoSchema, FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { linkFiles } from './link.ts';
import { parseProto } from './parse-proto.ts';
import { resolveNames } from './resolve-names.ts';
import { TypeIndex } from './types.ts';

const root = resolve(import.meta.dirname, '..', '..', '..');
const testdata = join(import.meta.dirname, 'testdata');
const names = ['everything.proto', 'everything2.proto', 'everything2023.proto'];

/** What changes neither bytes nor JSON, and what this parser reads over. */
const without = new Set([
  'defaultValue',
  'reservedRange',
  'reservedName',
  'extensionRange',
  'sourceCodeInfo',
  'dependency',
]).union(new Set(['publicDependency', 'weakDependency', 'syntax']));
const optionsOf = new Set(['mapEntry', 'packed', 'features']);

function comparable(value: unknown, key = ''): unknown {
  if (Array.isArray(value)) return value.map((one) => comparable(one));
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).flatMap(([name, inner]): [string, unknown][] => {
    if (without.has(name) || (key === 'options' && !optionsOf.has(name)) || inner === false) return [];
    const made = comparable(inner, name);
    return name === 'options' && Object.keys(made as object).length === 0 ? [] : [[name, made]];
  });
  return Object.fromEntries(kept.sort(([a], [b]) => (a < b ? -1 : 1)));
}

const jsonOf = (file: FileDescriptorProto): unknown => comparable(toJson(FileDescriptorProtoSchema, file));

test('files are described as a compiler describes them', { timeout: 120_000 }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'evenkeel-parse-'));
  t.after(() => rmSync(folder, { recursive: true }));
  cpSync(testdata, folder, { recursive: true });
  // Buf takes no import that is not there.
  const second = join(folder, 'everything2.proto');
  writeFileSync(second, readFileSync(second, 'utf8').replace(/^import weak.*$/m, ''));
  writeFileSync(join(folder, 'buf.yaml'), 'version: v2\n');
  const buf = join(root, 'node_modules', '.bin', 'buf');
  const made = await promisify(execFile)(buf, ['build', '--as-file-descriptor-set', '-o', '-'], {
    ...{ cwd: folder, encoding: 'buffer', maxBuffer: 1 << 26 },
  });
  const expected = fromBinary(FileDescriptorSetSchema, made.stdout);
  const files = names.map((name) => parseProto(name, name, readFileSync(join(folder, name), 'utf8')));
  for (const file of files)
    resolveNames(file, new TypeIndex([...expected.file.filter(({ name }) => name.startsWith('google/')), ...files]));
  for (const file of files) {
    assert.deepEqual(jsonOf(file), jsonOf(expected.file.find(({ name }) => name === file.name)!), file.name);
  }
  const { registry, missing } = linkFiles(files, 'all.Calls');
  assert.equal(missing.size, 0);
  assert.equal(registry.getMessage('all.two.Two')!.field.result!.message!.typeName, 'all.two.Two.Result');
});

test('the files of public APIs are taken', () => {
  const deps = join(root, 'node_modules', '@grpc', 'grpc-js-xds', 'deps');
  const files = readdirSync(deps, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.proto'));
  assert.ok(files.length > 500);
  for (const name of files) parseProto(name, name, readFileSync(join(deps, name), 'utf8'));
});

test('what only looks like a mistake is taken', () => {
  const text = `
    message A { enum B { option allow_alias = true; C = 0; D = 0; E = -2147483648; F = 0x7fffffff; } }
    message B { message A { optional int32 a = 1; } optional A a = 1; optional group G = 2 { optional int32 a = 1; } }
    message Set { option message_set_wire_format = true; extensions 4 to max; }
    extend Set { optional A a = 2147483646; }
    extend B { optional A b = 2147483646; }`;
  const file = parseProto('a.proto', 'a.proto', text);
  assert.deepEqual(
    file.extension.map(({ number }) => number),
    [2147483646, 2147483646],
  );
  assert.equal(file.messageType[0]!.enumType[0]!.value[2]!.number, -2147483648);
});

test('mistakes are told with file, line and column', () => {
  for (const [text, message, line, column] of [
    ['syntax = "proto3"; message {', /expected the name of a message, found "\{"/, 1, 28],
    ['message A {\n  string a = 1\n}', /expected ";", found "\}"/, 3, 1],
    ['message A {\n  string a = one;\n}', /expected the number of the field, 1 to 536870911, found "one"/, 2, 14],
    ['message A {', /expected a type, found the end of the file/, 1, 12],
    ['service A { rpc B(C) returns D; }', /expected "\(", found "D"/, 1, 30],
    ['message A { map<float, B> a = 1; }', /the keys of a map cannot be float/, 1, 17],
    ['edition = "1999";', /the edition 1999 is not known, only 2023, 2024/, 1, 11],
    ['\nsyntax = "proto4";', /the syntax proto4 is not known, only proto2 and proto3/, 2, 10],
    ['message A { string a = 0; }', /expected the number of the field, .*, found "0"/, 1, 24],
    ['message A { string a = -1; }', /expected the number of the field, .*, found "-"/, 1, 24],
    ['message A { string a = 536870912; }', /, found "536870912"/, 1, 24],
    ['enum A { B = 2147483648; }', /the number of the value, -2147483648 to 2147483647/, 1, 14],
    ['enum A { B = -2147483649; }', /the number of the value/, 1, 15],
    ['message A { int32 a = 1; oneof b { int32 c = 1; } }', /another field has the number 1/, 1, 46],
    ['message A { int32 a = 1; int32 a = 2; }', /another field has the name a/, 1, 32],
    ['message A {}\nenum A { B = 0; }', /another type has the name A/, 2, 6],
    ['enum A { B = 0; B = 1; }', /another value has the name B/, 1, 17],
    ['service A { rpc B(C) returns (C); rpc B(C) returns (C); }', /A has a method B already/, 1, 39],
    ['service A { rpc B(string) returns (C); }', /takes messages .*, not with string/, 1, 19],
    ['message A {}\n/* message B {}', /a comment without its end/, 2, 1],
    ['import "a.proto;\n', /a string without its end on the same line/, 1, 8],
    ['option a = ;', /expected a value/, 1, 12],
    ['import other.proto;', /expected the name of a file/, 1, 8],
    ['enum E { option a = 1; }', /expected the name of a value, found "\}"/, 1, 24],
    ['"text"', /expected message, enum, service/, 1, 1],
    ['message A { option x = {', /the end of the file/, 1, 25],
    ['message A {'.repeat(100), /not more than 64 deep/, 1, 715],
  ] as const) {
    assert.throws(() => parseProto('dir/a.proto', 'a.proto', text), {
      code: 'EK_FILE_SYNTAX',
      message,
      location: { file: 'dir/a.proto', line, column },
    });
  }
});
