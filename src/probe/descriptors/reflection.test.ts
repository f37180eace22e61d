import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import type { FileDescriptorProto } from '@bufbuild/protobuf/wkt';
import * as grpc from '@grpc/grpc-js';
import { errorAnswer, fileOf, filesAnswer, startReflecting } from '../testing/reflecting-server.ts';
import { reflect } from './reflection.ts';

const orders = (dependency: readonly string[], price = 'pay.Money'): FileDescriptorProto =>
  fileOf(
    'shop.proto',
    dependency,
    { Order: { id: 'string', price }, Note: { text: 'string', at: 'google.protobuf.Timestamp' } },
    { 'Orders/Get': ['shop.Order', 'shop.Order'], 'Orders/Remark': ['shop.Note', 'shop.Note'] },
  );
const money = fileOf('pay.proto', ['deep.proto'], { Money: { currency: 'string', more: 'deep.More' } });
const deep = fileOf('deep.proto', [], { More: { text: 'string' } });

type Answers = Parameters<typeof startReflecting>[1];

async function ask(
  t: TestContext,
  answer: Answers,
  { types = [] as string[], version = 'v1' as 'v1' | 'v1alpha', mostBytes = 1_000_000 } = {},
) {
  const server = await startReflecting(version, answer);
  t.after(() => server.close());
  const options = { deadlineMs: 60_000, metadata: new grpc.Metadata(), mostBytes };
  const described = await reflect(server.client, { service: 'shop.Orders', method: 'Get' }, types, options);
  return { ...described, questions: server.questions };
}

/** A server that has these files, and answers with one of them at a time. */
const oneByOne =
  (files: readonly FileDescriptorProto[]): Answers =>
  ({ case: kind, value }) => {
    const found = files.find(
      ({ name, package: prefix, service, messageType }) =>
        (kind === 'fileByFilename' && name === value) ||
        (kind === 'fileContainingSymbol' &&
          [...service, ...messageType].some((one) => `${prefix}.${one.name}` === value)),
    );
    if (kind === 'listServices') return { case: 'listServicesResponse', value: { service: [{ name: 'shop.Orders' }] } };
    return found === undefined ? errorAnswer(5, `${value} not found`) : filesAnswer([found]);
  };

function fieldsOf({ registry }: Awaited<ReturnType<typeof ask>>, type: string): string[] | undefined {
  return registry.getMessage(type)?.fields.map(({ name }) => name);
}

test('files in any order, twice, and with imports for options alone that nobody has', async (t) => {
  const annotated = orders(['google/api/annotations.proto', 'validate.proto', 'pay.proto']);
  for (const files of [
    [annotated, money, deep],
    [deep, money, annotated],
    [annotated, deep, annotated, money, deep],
  ]) {
    const described = await ask(t, ({ case: kind }) =>
      kind === 'fileContainingSymbol' ? filesAnswer(files) : errorAnswer(5, 'not found'),
    );
    assert.deepEqual(fieldsOf(described, 'deep.More'), ['text']);
    assert.deepEqual(fieldsOf(described, 'shop.Order'), ['id', 'price']);
    assert.equal(described.missing.size, 0);
  }
});

test('files that come one at a time, by v1alpha', async (t) => {
  const described = await ask(t, oneByOne([orders(['pay.proto']), money, deep]), { version: 'v1alpha' });
  assert.deepEqual(fieldsOf(described, 'deep.More'), ['text']);
  assert.deepEqual(
    described.questions.map(({ value }) => value),
    ['shop.Orders', 'pay.proto', 'deep.proto'],
  );
});

test('a file that is imported by a name that its server does not know', async (t) => {
  const described = await ask(t, oneByOne([orders(['vendor/pay.proto']), money, deep]));
  assert.deepEqual(fieldsOf(described, 'pay.Money'), ['currency', 'more']);
});

test('fields that come without a JSON name, as from Python, have one', async (t) => {
  const file = orders([], 'google.protobuf.Empty');
  file.messageType[0]!.field[0]!.name = 'order_id';
  for (const field of file.messageType[0]!.field) field.jsonName = '';
  const { registry } = await ask(t, oneByOne([file]));
  assert.deepEqual(
    registry.getMessage('shop.Order')!.fields.map(({ jsonName }) => jsonName),
    ['orderId', 'price'],
  );
});

test('names that are relative to where they stand, as servers of Node write them', async (t) => {
  const shop = orders(['pay.proto']);
  shop.package = 'acme.shop';
  const order = shop.messageType[0]!;
  order.nestedType.push(...fileOf('', [], { Line: { text: 'string' } }).messageType);
  order.field.push(...fileOf('', [], { x: { line: 'Order.Line', note: 'shop.Note' } }).messageType[0]!.field);
  order.field.forEach((field, index) => {
    field.number = index + 1;
    field.typeName = field.typeName.replace(/^\./, '');
  });
  const pay = structuredClone(money);
  pay.package = 'acme.pay';
  pay.messageType[0]!.field.pop();
  pay.dependency = [];
  for (const one of [...shop.service[0]!.method]) {
    one.inputType = one.inputType.replace('.shop.', '');
    one.outputType = one.outputType.replace('.shop.', '');
  }
  const described = await ask(t, ({ case: kind, value }) =>
    kind === 'fileContainingSymbol' && value === 'shop.Orders'
      ? filesAnswer([shop])
      : kind === 'fileByFilename'
        ? filesAnswer([pay])
        : errorAnswer(5, `${value} not found`),
  );
  assert.deepEqual([...described.missing], []);
  assert.deepEqual(
    described.registry.getMessage('acme.shop.Order')!.fields.map(({ message }) => message?.typeName),
    [undefined, 'acme.pay.Money', 'acme.shop.Order.Line', 'acme.shop.Note'],
  );
  assert.equal(described.questions.length, 2);
});

test('types that are only in an Any are asked for too', async (t) => {
  const answers = oneByOne([orders([], 'google.protobuf.Any'), deep]);
  assert.deepEqual(fieldsOf(await ask(t, answers, { types: ['deep.More', 'no.Such'] }), 'deep.More'), ['text']);
});

test('what needs a type that the server does not describe is left out, and nothing else', async (t) => {
  const described = await ask(t, oneByOne([orders(['pay.proto'])]));
  assert.deepEqual(fieldsOf(described, 'shop.Order'), ['id']);
  assert.deepEqual([...described.missing], [['shop.Order.price', 'pay.Money']]);
  const method = fileOf('shop.proto', [], {}, { 'Orders/Get': ['pay.Money', 'pay.Money'] });
  await assert.rejects(ask(t, oneByOne([method])), {
    code: 'EK_PROBE_NO_REFLECTION',
    message: /shop\.Orders\/Get needs pay\.Money/,
  });
});

test('a file that nobody can use does not matter where it is not needed', async (t) => {
  const future = fileOf('future.proto', [], { Odd: { text: 'string' } });
  future.syntax = 'proto9';
  const described = await ask(t, oneByOne([orders(['future.proto'], 'deep.More'), future, deep]));
  assert.deepEqual(fieldsOf(described, 'shop.Order'), ['id', 'price']);
});

test('what cannot be used is refused with its reason', async (t) => {
  const circle = fileOf('pay.proto', [], { Money: { order: 'shop.Order' } });
  const broken = fileOf('shop.proto', [], { 'no name': {} }, { 'Orders/Get': ['shop.no name', 'shop.no name'] });
  for (const [answers, code, message] of [
    [
      oneByOne([orders(['pay.proto']), circle]),
      'EK_PROBE_NO_REFLECTION',
      /shop\.proto and pay\.proto|pay\.proto and shop\.proto/,
    ],
    [oneByOne([broken]), 'EK_PROBE_NO_REFLECTION', /no name/],
    [
      () => ({ case: 'fileDescriptorResponse', value: { fileDescriptorProto: [Buffer.from([10, 200, 1])] } }),
      'EK_PROBE_NO_REFLECTION',
      /cannot be read/,
    ],
    [() => undefined, 'EK_PROBE_NO_REFLECTION', /ended without an answer/],
    [() => ({ case: undefined }), 'EK_PROBE_NO_REFLECTION', /does not say what shop\.Orders is: no file came/],
    [() => filesAnswer([]), 'EK_PROBE_NO_REFLECTION', /does not say what shop\.Orders is: no file came/],
    [() => errorAnswer(13, 'broken'), 'EK_PROBE_NO_REFLECTION', /does not say what shop\.Orders is: broken/],
    [
      ({ case: kind, value }) =>
        kind === 'listServices' ? oneByOne([])({ case: kind, value }) : errorAnswer(5, 'gone'),
      'EK_PROBE_NO_REFLECTION',
      /has shop\.Orders but does not describe it: gone/,
    ],
    [oneByOne([deep]), 'EK_PROBE_NO_REFLECTION', /does not describe it/],
  ] as [Answers, string, RegExp][]) {
    await assert.rejects(ask(t, answers), { code, message });
  }
});

test('a server that always has one more import is not asked for ever', async (t) => {
  let number = 0;
  const endless: Answers = () => {
    const file = orders([`more${number}.proto`], 'google.protobuf.Empty');
    file.name = number === 0 ? 'shop.proto' : `more${number - 1}.proto`;
    file.messageType[0]!.name = 'x'.repeat(100_000);
    number += 1;
    return filesAnswer([file]);
  };
  await assert.rejects(ask(t, endless), { code: 'EK_PROBE_NO_REFLECTION', message: /more of shop\.Orders than/ });
});

test('a page where a server ought to be is called so', async (t) => {
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<html>hello</html>');
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const client = new grpc.Client(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
  t.after(() => {
    client.close();
    server.close();
  });
  const options = { deadlineMs: 60_000, metadata: new grpc.Metadata() };
  await assert.rejects(reflect(client, { service: 'shop.Orders', method: 'Get' }, [], options), {
    code: 'EK_PROBE_NO_REFLECTION',
    message: /what shop\.Orders is: UNKNOWN: HTTP 200 \("text\/html"\) without a gRPC status/,
  });
});
