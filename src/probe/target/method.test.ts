import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fromBinary, toJson } from '@bufbuild/protobuf';
import { loadProtoFiles } from '../descriptors/proto-files.ts';
import { prepareCall, splitMethod } from './method.ts';

function folderWith(t: { after(end: () => void): void }, files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'evenkeel-proto-'));
  t.after(() => rmSync(folder, { recursive: true }));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

const files = {
  'orders.proto': `syntax = "proto3";
package shop;
import "money.proto";
message Order { string id = 1; int32 amount = 2; pay.Money price = 3; repeated string tags = 4; Kind kind = 5; map<string, int64> parts = 6;
  enum Kind { KIND_UNSPECIFIED = 0; KIND_GIFT = 1; } }
service Orders { rpc Get(Order) returns (Order); rpc Put(stream Order) returns (Order); rpc Watch(Order) returns (stream Order); }
`,
  'money.proto': `syntax = "proto3";
package pay;
message Money { string currency = 1; int64 units = 2; }
`,
};

test('methods of .proto files take JSON', async (t) => {
  const folder = folderWith(t, files);
  const described = await loadProtoFiles(['orders.proto'], [folder], { service: 'shop.Orders', method: 'Get' });
  const json = { id: '7', amount: 2, price: { currency: 'EUR', units: '5' }, kind: 'KIND_GIFT', parts: { a: '1' } };
  const call = prepareCall(described, 'shop.Orders/Get', JSON.stringify(json));
  assert.deepEqual([call.path, call.unary], ['/shop.Orders/Get', true]);
  const order = described.registry.getMessage('shop.Order')!;
  assert.deepEqual(toJson(order, fromBinary(order, call.requests[0]!)), json);
});

test('a method that takes a stream takes a list', async (t) => {
  const described = await loadProtoFiles(['orders.proto'], [folderWith(t, files)], {
    service: 'shop.Orders',
    method: 'Get',
  });
  const call = prepareCall(described, 'shop.Orders.Put', '[{"id":"1"},{"id":"2"}]');
  assert.deepEqual([call.unary, call.requests.length], [false, 2]);
  assert.equal(prepareCall(described, 'shop.Orders/Watch', '{}').unary, false);
});

test('data that does not fit names the field', async (t) => {
  const described = await loadProtoFiles(['orders.proto'], [folderWith(t, files)], {
    service: 'shop.Orders',
    method: 'Get',
  });
  const refused = (data: string, method = 'shop.Orders/Get'): { message: string; code: string; hint: string } => {
    try {
      prepareCall(described, method, data);
    } catch (thrown) {
      return thrown as ReturnType<typeof refused>;
    }
    return assert.fail(`${data} was taken`);
  };
  assert.match(refused('{"amount":"many"}').message, /shop\.Order\.amount/);
  assert.match(refused('{"price":{"units":true}}').message, /pay\.Money\.units/);
  assert.match(refused('{"colour":"red"}').message, /colour/);
  assert.match(refused('{"colour":"red"}').hint, /id, amount, price, tags, kind, parts/);
  assert.match(refused('[{"id":"1"},{"id":2}]', 'shop.Orders/Put').message, /message 2.*shop\.Order\.id/);
  assert.match(refused('{').message, /not JSON/);
  assert.equal(refused('{').code, 'EK_PROBE_DATA');
});

test('what there is instead of an unknown method is told', async (t) => {
  const described = await loadProtoFiles(['orders.proto'], [folderWith(t, files)], {
    service: 'shop.Orders',
    method: 'Get',
  });
  assert.throws(() => prepareCall(described, 'shop.Orders/Gone', '{}'), {
    code: 'EK_PROBE_METHOD',
    hint: 'It has Get, Put, Watch.',
  });
  assert.throws(() => prepareCall(described, 'shop.Carts/Get', '{}'), { hint: 'Known services: shop.Orders.' });
  const nothing = await loadProtoFiles(['none.proto'], [folderWith(t, { 'none.proto': '' })], splitMethod('a.B/C'));
  assert.throws(() => prepareCall(nothing, 'a.B/C', '{}'), { hint: 'Known services: none.' });
  assert.throws(() => splitMethod('Get'), { code: 'EK_PROBE_METHOD' });
});
