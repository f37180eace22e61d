import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type TestContext, test } from 'node:test';
import { z } from 'zod';
import { smallestSkewFound } from '../verdict/power.ts';
import { minimumCalls, rule } from '../verdict/verdict.ts';
import { reportSchema } from './report.ts';

const docs = resolve(import.meta.dirname, '..', '..', 'docs');
const page = join(docs, 'report.md');

interface JsonSchema {
  readonly properties?: Record<string, JsonSchema>;
  readonly items?: JsonSchema;
  readonly additionalProperties?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly required?: readonly string[];
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly description?: string;
}

// Input, not output: a schema that forbids unknown fields would be broken by every new one.
const schema = z.toJSONSchema(reportSchema, { io: 'input' }) as JsonSchema;

/** JSON as the formatter has it: a list of plain values is on one line where it fits. */
function format(value: unknown): string {
  const text = JSON.stringify(value, undefined, 2);
  const short = (list: string, items: string, offset: number): string => {
    const line = `[${items.replace(/\n\s+/g, ' ')}]`;
    const before = offset - text.lastIndexOf('\n', offset) - 1;
    const comma = text[offset + list.length] === ',' ? 1 : 0;
    return before + line.length + comma > 120 ? list : line;
  };
  return `${text.replace(/\[\n\s+([^[\]{}]*?)\n\s+\]/g, short)}\n`;
}

test('docs/report.schema.json is the schema of the report', (t) => {
  t.assert.fileSnapshot(schema, join(docs, 'report.schema.json'), { serializers: [format] });
});

/** The text between `<!-- name: … -->` and `<!-- /name -->` replaced by what the code says. */
function fill(text: string, name: string, lines: readonly string[]): string {
  const [start, end] = [`<!-- ${name}: made from the code -->`, `<!-- /${name} -->`];
  assert.ok(text.includes(start) && text.includes(end), `docs/report.md has no place for "${name}"`);
  return `${text.slice(0, text.indexOf(start) + start.length)}\n${lines.join('\n')}\n${text.slice(text.indexOf(end))}`;
}

test('docs/report.md says what the code says', (t: TestContext) => {
  const text = readFileSync(page, 'utf8');
  const filled = fill(fill(text, 'verdicts', verdictTable()), 'fields', fieldTables());
  t.assert.fileSnapshot(filled, page, { serializers: [String] });
});

test('the prose of docs/report.md has the numbers of the rule', () => {
  const text = readFileSync(page, 'utf8');
  assert.ok(text.includes(`a significance of 1 in ${(1 / rule.significance).toLocaleString('en')}`));
  assert.ok(text.includes(`${rule.smallestSkew * 100} % or more away from its even share`));
});

function verdictTable(): string[] {
  const sizes = [100, 300, 1000, 3000, 10_000];
  const percent = (calls: number, backends: number): string => {
    const skew = calls < minimumCalls(backends) ? null : smallestSkewFound(calls, backends);
    return skew === null ? '–' : `${Math.ceil(skew * 100)} %`;
  };
  return [
    `| backends | fewest calls | ${sizes.map((size) => `${size.toLocaleString('en')} calls show`).join(' | ')} |`,
    `| ---: | ---: | ${sizes.map(() => '---:').join(' | ')} |`,
    ...[2, 3, 5, 6, 10, 20].map(
      (backends) =>
        `| ${backends} | ${minimumCalls(backends)} | ${sizes.map((size) => percent(size, backends)).join(' | ')} |`,
    ),
  ];
}

function fieldTables(): string[] {
  const tables = [
    { title: '### The report', path: '', fields: schema.properties! },
    { title: '### `conditions`', path: 'conditions.', fields: schema.properties!.conditions!.properties! },
  ].map(({ title, fields }) => [
    '',
    title,
    '',
    '| field | type | meaning |',
    '| --- | --- | --- |',
    ...plain(fields, ''),
  ]);
  const sections = {
    schemes: '`schemes[]`',
    scaleOut: '`scaleOut[]` and `scaleIn[]`',
    rollingUpdate: '`rollingUpdate[]`',
    nodeLocal: '`nodeLocal[]`',
  } as const;
  const rows = (Object.keys(sections) as (keyof typeof sections)[]).map((name) => {
    return [
      '',
      `### ${sections[name]}`,
      '',
      '| field | type | meaning | with status |',
      '| --- | --- | --- | --- |',
      ...byStatus(name),
    ];
  });
  return [...[...tables, ...rows].flat(), ''];
}

/** One row a field; objects and lists of objects follow with their own fields, rows of their own section do not. */
function plain(fields: Record<string, JsonSchema>, path: string): string[] {
  return Object.entries(fields).flatMap(([name, field]) => [
    `| \`${path}${name}\` | ${typeOf(field)} | ${field.description ?? ''} |`,
    ...(name === 'conditions' ? [] : inside(field, `${path}${name}`)),
  ]);
}

function inside(field: JsonSchema, path: string): string[] {
  if (field.properties !== undefined) return plain(field.properties, `${path}.`);
  if (field.items?.properties !== undefined) return plain(field.items.properties, `${path}[].`);
  return [];
}

function byStatus(name: 'schemes' | 'scaleOut' | 'rollingUpdate' | 'nodeLocal'): string[] {
  const variants = variantsOf(schema.properties![name]!.items!).map(({ properties }) => properties!);
  const names = [...new Set(variants.flatMap((fields) => Object.keys(fields)))];
  return names.flatMap((field) => {
    const having = variants.filter((fields) => field in fields);
    const statuses = having.map(({ status }) => `\`${status!.const}\``);
    const described = having.map((fields) => fields[field]!);
    const type = field === 'status' ? 'string' : typeOf(described[0]!);
    const meaning = described.find(({ description }) => description !== undefined)?.description ?? '';
    const last = having.length === variants.length ? 'all' : statuses.join(', ');
    return [
      `| \`${field}\` | ${type} | ${meaning} | ${last} |`,
      ...inside(described[0]!, field).map((row) => `${row} ${last} |`),
    ];
  });
}

function variantsOf({ oneOf, anyOf }: JsonSchema): readonly JsonSchema[] {
  return oneOf ?? anyOf ?? [];
}

function typeOf(field: JsonSchema): string {
  const variants = variantsOf(field);
  if (variants.some(({ properties }) => properties !== undefined)) return 'object';
  if (variants.length > 0) return variants.map(typeOf).join(' or ');
  if (field.const !== undefined) return `\`${JSON.stringify(field.const)}\``;
  if (field.items !== undefined) return `list of ${typeOf(field.items)}s`;
  if (field.additionalProperties?.type !== undefined) return `object of ${field.additionalProperties.type}s`;
  return [field.type ?? 'any'].flat().join(' or ');
}
