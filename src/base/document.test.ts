import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { z } from 'zod';
import { parseDocumentText, type RefinementParams, readDocument } from './document.ts';
import { EvenkeelError } from './errors.ts';

const schema = z.strictObject({ services: z.array(z.strictObject({ name: z.string(), port: z.number().optional() })) });

function errorOf(text: string): EvenkeelError {
  try {
    parseDocumentText(text, schema, 'a.yaml');
  } catch (error) {
    assert.ok(error instanceof EvenkeelError);
    return error;
  }
  return assert.fail('nothing was thrown');
}

test('reads YAML and JSON alike', () => {
  const expected = { services: [{ name: 'orders', port: 80 }] };
  assert.deepEqual(parseDocumentText('services:\n  - {name: orders, port: 80}\n', schema, 'a.yaml'), expected);
  assert.deepEqual(parseDocumentText('{"services": [{"name": "orders", "port": 80}]}', schema, 'a.json'), expected);
});

test('a syntax error names line and column', () => {
  const error = errorOf('{"services": [\n  {"name": "orders",, }\n]}');
  assert.equal(error.code, 'EK_FILE_SYNTAX');
  assert.deepEqual({ file: error.location.file, line: error.location.line }, { file: 'a.yaml', line: 2 });
  assert.ok(error.location.column !== undefined && error.location.column > 1);
});

test('a value of the wrong type names its field and place', () => {
  const error = errorOf('services:\n  - name: orders\n    port: eighty\n');
  assert.equal(error.code, 'EK_CONFIG_INVALID');
  assert.deepEqual(error.location, { file: 'a.yaml', line: 3, column: 5, field: 'services[0].port' });
});

test('an unknown field is named, with the line it stands on', () => {
  const error = errorOf('services:\n  - name: orders\n    prot: 80\n');
  assert.match(error.message, /unknown field "prot"/);
  assert.deepEqual(error.location, { file: 'a.yaml', line: 3, column: 5, field: 'services[0].prot' });
});

test('a missing field is reported at the object that should have it', () => {
  const error = errorOf('services:\n  - port: 80\n');
  assert.deepEqual(error.location, { file: 'a.yaml', line: 2, column: 5, field: 'services[0].name' });
});

test('a document that expands without bound is refused', () => {
  const bomb = ['a: &a [x,x,x,x,x,x,x,x,x]'];
  for (const [from, to] of ['ab', 'bc', 'cd', 'de', 'ef']) bomb.push(`${to}: &${to} [${`*${from},`.repeat(9)}]`);
  assert.equal(errorOf(bomb.join('\n')).code, 'EK_FILE_SYNTAX');
});

test('a file that is not there is named', async () => {
  await assert.rejects(readDocument('/nowhere/at-all.yaml', schema), (error: EvenkeelError) => {
    assert.equal(error.code, 'EK_FILE_READ');
    assert.equal(error.location.file, '/nowhere/at-all.yaml');
    return true;
  });
});

test('UTF-16 is read by its byte order mark, and without one the file is said to be no UTF-8', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'evenkeel-document-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'a.yaml');
  const text = Buffer.from('services:\n- name: größe\n', 'utf16le');
  for (const [mark, bytes] of [
    ['\xff\xfe', text],
    ['\xfe\xff', Buffer.from(text).swap16()],
  ] as const) {
    writeFileSync(file, Buffer.concat([Buffer.from(mark, 'latin1'), bytes]));
    assert.deepEqual(await readDocument(file, schema), { services: [{ name: 'größe' }] });
  }
  writeFileSync(file, text);
  await assert.rejects(readDocument(file, schema), { code: 'EK_FILE_SYNTAX', message: /no text in UTF-8/ });
});

test('a file that has no fields is said to be what it is', () => {
  assert.match(errorOf('services').message, /has to be fields \(key: value\), and is a string/);
  assert.match(errorOf('- name: orders\n').message, /and is a list/);
});

test('a misspelt field is named as unknown, not its right name as missing', () => {
  assert.match(errorOf('services:\n  - nmae: orders\n').message, /unknown field "nmae"/);
});

test('a missing field is called missing', () => {
  assert.equal(errorOf('services:\n  - port: 80\n').message, 'the field is missing (string)');
});

test('a refinement may choose the code and name the first of two places', () => {
  const twice = z.array(z.string()).superRefine((_names, context) => {
    const params = { errorCode: 'EK_DUPLICATE_SERVICE', first: [0] } satisfies RefinementParams;
    context.addIssue({ code: 'custom', path: [1], message: 'said twice', params });
  });
  assert.throws(
    () => parseDocumentText('- a\n- a\n', twice, 'a.yaml'),
    new EvenkeelError('EK_DUPLICATE_SERVICE', 'said twice; the first one is at a.yaml:1:3, field [0]', {
      file: 'a.yaml',
      line: 2,
      column: 3,
      field: '[1]',
    }),
  );
});

test('merge keys are read as kubectl reads them', () => {
  const text = 'services:\n  - &first { name: orders, port: 80 }\n  - <<: *first\n    name: carts\n';
  assert.deepEqual(parseDocumentText(text, schema, 'a.yaml').services[1], { name: 'carts', port: 80 });
  const error = errorOf('services:\n  - &first { name: orders, prot: 80 }\n  - { <<: *first, name: carts }\n');
  assert.deepEqual([error.location.line, error.location.field], [2, 'services[0].prot']);
});

test('a file of another kind is said to be one, and so are two in one', () => {
  const ours = z.strictObject({ apiVersion: z.literal('evenkeel.dev/v1'), kind: z.literal('Endpoints') });
  const of =
    (text: string): (() => unknown) =>
    () =>
      parseDocumentText(text, ours, 'a.yaml');
  const location = { file: 'a.yaml', line: 1, column: 1, field: 'apiVersion' };
  assert.throws(of('apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {}\n'), { location });
  assert.throws(of('apiVersion: evenkeel.dev/v1\nkind: Endpoints\nmetadata: {}\n'), { message: /"metadata"/ });
  assert.throws(of('apiversion: evenkeel.dev/v1\nkind: Endpoints\n'), { message: /"apiversion"/ });
  assert.throws(of('a: 1\n---\na: 2\n'), { code: 'EK_FILE_SYNTAX', message: /several documents/ });
});

test('a large JSON file is read alike, and its mistakes have a place too', () => {
  const services = Array.from({ length: 1_000 }, (_, index) => ({ name: `service-${index}`, port: 80 }));
  assert.deepEqual(parseDocumentText(JSON.stringify({ services }), schema, 'a.json'), { services });
  const text = JSON.stringify({ services: [...services, { name: 'last', prot: 80 }] }, undefined, 1);
  assert.equal(errorOf(text).location.line, 4_005);
  assert.equal(errorOf(`${JSON.stringify({ services })},`).code, 'EK_FILE_SYNTAX');
});

test('a key that JSON says twice is a mistake with a place, whatever its length', () => {
  for (const rest of ['', ' '.repeat(20_000)]) {
    const error = errorOf(`{"services": [\n  {"name": "orders", "port": 1,\n   "\\u0070ort": 2}]}${rest}`);
    assert.equal(error.code, 'EK_FILE_SYNTAX');
    assert.equal(error.location.line, 3);
  }
  const text = '{"services": [{"name": "a \\" : b"}, {"name": "\\\\"}]}';
  assert.deepEqual(parseDocumentText(text, schema, 'a.json'), JSON.parse(text));
});

test('what is good JSON is read without the YAML parser, short as it may be', () => {
  // To YAML's eyes these could be anchors, of which it takes few.
  const names = Array.from({ length: 1_001 }, () => 'a &b');
  assert.deepEqual(parseDocumentText(JSON.stringify(names), z.array(z.string()), 'a.json'), names);
  assert.throws(() => parseDocumentText('[', z.unknown(), 'a.yaml'), { code: 'EK_FILE_SYNTAX' });
});

test('inputs that are built to take time, memory or stack are refused', () => {
  const bombs = [
    Array.from({ length: 5_000 }, (_, index) => `k${index}: &k${index} 1`).join('\n'),
    '? '.repeat(20_000),
    '- '.repeat(100_000),
    `a: ${'['.repeat(5_000)}`,
  ];
  for (const bomb of bombs) {
    assert.throws(
      () => parseDocumentText(bomb, z.unknown(), 'bomb.yaml'),
      (error: unknown) => error instanceof EvenkeelError && error.code === 'EK_FILE_SYNTAX',
      bomb.slice(0, 20),
    );
  }
});
