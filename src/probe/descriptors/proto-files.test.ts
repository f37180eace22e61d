import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { create, toBinary } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { fileOf } from '../testing/reflecting-server.ts';
import { loadProtoFiles } from './proto-files.ts';
import { loadProtoSets } from './proto-sets.ts';

function folderWith(t: TestContext, files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'evenkeel-proto-'));
  t.after(() => rmSync(folder, { recursive: true }));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

const wanted = { service: 'shop.Orders', method: 'Get' };
const service = (imports: string, type = 'pay.Money', options = ''): string =>
  `syntax = "proto3"; package shop; ${imports}
   message Order { string id = 1; ${type} price = 2; }
   service Orders { rpc Get(Order) returns (Order) { ${options} } }`;
const money = 'syntax = "proto3"; package pay; message Money { string currency = 1; }';

async function fieldsOf(files: readonly string[], paths: readonly string[], type = 'pay.Money'): Promise<string[]> {
  const { registry } = await loadProtoFiles(files, paths, wanted);
  assert.ok(registry.getService('shop.Orders')?.method.get !== undefined);
  return registry.getMessage(type)!.fields.map(({ name }) => name);
}

test('an import for options alone may be missing, or be there with all that it needs', async (t) => {
  const annotated = service(
    'import "google/api/annotations.proto"; import "validate.proto"; import "pay/money.proto";',
    'pay.Money',
    'option (google.api.http) = { get: "/v1/{id=*}" additional_bindings { post: "/x" body: "*" } };',
  );
  const without = folderWith(t, { 'shop.proto': annotated, 'pay/money.proto': money });
  assert.deepEqual(await fieldsOf(['shop.proto'], [without]), ['currency']);
  const withAll = folderWith(t, {
    'shop.proto': annotated,
    'pay/money.proto': money,
    'google/api/annotations.proto': `syntax = "proto3"; package google.api; import "google/api/http.proto";
      import "google/protobuf/descriptor.proto"; extend google.protobuf.MethodOptions { HttpRule http = 72295728; }`,
    'google/api/http.proto': 'syntax = "proto3"; package google.api; message HttpRule { string get = 2; }',
    'validate.proto': `syntax = "proto2"; package validate; import "google/protobuf/descriptor.proto";
      extend google.protobuf.FieldOptions { optional Rules rules = 1071; } message Rules { optional int32 min = 1; }`,
  });
  assert.deepEqual(await fieldsOf(['shop.proto'], [withAll]), ['currency']);
  const every = [
    'google/api/annotations.proto',
    'google/api/http.proto',
    'validate.proto',
    'pay/money.proto',
    'shop.proto',
  ];
  assert.deepEqual(await fieldsOf(every, [withAll]), ['currency']);
});

test('types are seen through public imports, and by relative names', async (t) => {
  const folder = folderWith(t, {
    'shop.proto': service('import "a.proto";', 'inner.Money'),
    'a.proto': 'import public "b.proto";',
    'b.proto': 'import public "c.proto"; import "d.proto";',
    'c.proto': 'syntax = "proto3"; package shop.inner; message Money { string currency = 1; }',
    'd.proto': 'syntax = "proto3"; package inner; message Money { string other = 1; }',
  });
  assert.deepEqual(await fieldsOf(['shop.proto'], [folder], 'shop.inner.Money'), ['currency']);
});

test('a file is found from here, in an import path, or beside the one that imports it', async (t) => {
  const folder = folderWith(t, { 'protos/shop.proto': service('import "money.proto";'), 'protos/money.proto': money });
  const path = join(folder, 'protos', 'shop.proto');
  assert.deepEqual(await fieldsOf([path], []), ['currency']);
  assert.deepEqual(await fieldsOf([path], [folder]), ['currency']);
  assert.deepEqual(await fieldsOf(['protos/shop.proto'], [folder, join(folder, 'protos')]), ['currency']);
  // By two names, which must not become two files.
  assert.deepEqual(await fieldsOf(['protos/money.proto', 'shop.proto'], [folder, join(folder, 'protos')]), [
    'currency',
  ]);
});

test('what the call needs and nobody defines is named, with the imports that were not found', async (t) => {
  const folder = folderWith(t, { 'shop.proto': service('import "pay/money.proto";') });
  await assert.rejects(loadProtoFiles(['shop.proto'], [folder], wanted), {
    code: 'EK_FILE_SYNTAX',
    message: /shop\.Order\.price needs pay\.Money, which no file defines; not found: pay\/money\.proto/,
    hint: /--import-path/,
  });
});

test('a folder above the file from which its imports are there is named', async (t) => {
  const folder = folderWith(t, {
    'protos/shop/v1/shop.proto': service('import "google/api/annotations.proto"; import "pay/v1/money.proto";'),
    'protos/pay/v1/money.proto': money,
  });
  const file = join(folder, 'protos', 'shop', 'v1', 'shop.proto');
  await assert.rejects(loadProtoFiles([file], [], wanted), {
    message: /needs pay\.Money/,
    hint: `Add --import-path ${join(folder, 'protos')}, in which imports are that were not found.`,
  });
  await assert.rejects(loadProtoFiles(['protos/shop/v1/shop.proto'], [folder], wanted), {
    hint: /--import-path .*protos, in which/,
  });
  assert.deepEqual(await fieldsOf([file], [join(folder, 'protos')]), ['currency']);
});

test('files that need each other are refused, wherever they are read from', async (t) => {
  const folder = folderWith(t, {
    'shop.proto': service('import "money.proto";'),
    'money.proto': 'syntax = "proto3"; package pay; import "shop.proto"; message Money { shop.Order order = 1; }',
  });
  await assert.rejects(loadProtoFiles(['shop.proto'], [folder], wanted), {
    code: 'EK_FILE_SYNTAX',
    message: /need each other/,
  });
});

test('.proto files that are missing or broken are named', async (t) => {
  const folder = folderWith(t, { 'broken.proto': 'syntax = "proto3"; message {' });
  await assert.rejects(loadProtoFiles([join(folder, 'none.proto')], [], wanted), {
    code: 'EK_FILE_READ',
    message: /none\.proto/,
  });
  await assert.rejects(loadProtoFiles(['none.proto'], [folder, '/nowhere'], wanted), {
    code: 'EK_FILE_READ',
    message: new RegExp(`cannot read none\\.proto, nor in ${RegExp.escape(folder)}, /nowhere: ENOENT`),
  });
  await assert.rejects(loadProtoFiles(['broken.proto'], [folder], wanted), {
    code: 'EK_FILE_SYNTAX',
    message: /line 1/,
  });
});

test('descriptor sets say the same as the files that they were made of', async (t) => {
  const folder = folderWith(t, { 'broken.bin': '\u0001\u0002' });
  const order = fileOf(
    'shop.proto',
    [],
    { Order: { price: 'pay.Money' } },
    { 'Orders/Get': ['shop.Order', 'shop.Order'] },
  );
  const set = (...file: ReturnType<typeof fileOf>[]) =>
    toBinary(FileDescriptorSetSchema, create(FileDescriptorSetSchema, { file }));
  writeFileSync(join(folder, 'shop.bin'), set(order));
  writeFileSync(join(folder, 'pay.bin'), set(fileOf('pay.proto', [], { Money: { currency: 'string' } })));
  const load = (...names: string[]) =>
    loadProtoSets(
      names.map((name) => join(folder, name)),
      wanted,
    );
  const { registry } = await load('shop.bin', 'pay.bin');
  assert.deepEqual(
    registry.getMessage('pay.Money')!.fields.map(({ name }) => name),
    ['currency'],
  );
  await assert.rejects(load('shop.bin'), {
    ...{ code: 'EK_FILE_SYNTAX', message: /pay\.Money/, hint: /--include_imports/ },
  });
  await assert.rejects(load('broken.bin'), { code: 'EK_FILE_SYNTAX', message: /broken\.bin/, hint: /protoc/ });
  writeFileSync(join(folder, 'text.proto'), money);
  await assert.rejects(load('text.proto'), { code: 'EK_FILE_SYNTAX', hint: /is given with --proto\./ });
  await assert.rejects(load('none.bin'), { code: 'EK_FILE_READ', message: /none\.bin/ });
});
