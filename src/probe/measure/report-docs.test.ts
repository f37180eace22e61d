import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Command } from 'commander';
import { z } from 'zod';
import { connectionAgeSchema } from '../../experiments/connection-age/report.ts';
import { longStreamsSchema } from '../../experiments/long-streams/report.ts';
import { addProbeOptions } from './options.ts';
import { probeReportSchema } from './report.ts';

const docs = resolve(import.meta.dirname, '..', '..', '..', 'docs');

interface JsonSchema {
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly description?: string;
}

/** As the formatter has it: a list of plain values is on one line where it fits. */
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

for (const [name, schema] of [
  ['probe', probeReportSchema],
  ['connection-age', connectionAgeSchema],
  ['long-streams', longStreamsSchema],
] as const) {
  test(`docs/${name}.schema.json is the schema of the report, and docs/${name}.md has its fields`, (t: TestContext) => {
    const json = z.toJSONSchema(schema, { io: 'input' }) as JsonSchema;
    t.assert.fileSnapshot(json, join(docs, `${name}.schema.json`), { serializers: [format] });
    const page = join(docs, `${name}.md`);
    const text = readFileSync(page, 'utf8');
    t.assert.fileSnapshot(fill(text, rows('', json)), page, { serializers: [String] });
  });
}

test('the example in docs is a report', () => {
  connectionAgeSchema.parse(JSON.parse(readFileSync(join(docs, 'connection-age.json'), 'utf8')));
});

test('every flag that the pages name is a flag', () => {
  const known = addProbeOptions(new Command()).helpInformation();
  for (const page of ['probe.md', 'gate.md']) {
    const blocks = [...readFileSync(join(docs, page), 'utf8').matchAll(/^ *(?:evenkeel probe|- (?:")?--).*$/gm)];
    assert.ok(blocks.length > 0);
    for (const [line] of blocks) {
      for (const [flag] of line.replace(/#.*/, '').matchAll(/--[a-z][a-z0-9-]+/g))
        assert.ok(known.includes(flag), `${page}: ${line}`);
    }
  }
});

function rows(path: string, schema: JsonSchema): string[] {
  const inner =
    schema.anyOf?.find(({ properties, items }) => properties !== undefined || items !== undefined) ?? schema;
  const own =
    path === '' ? [] : [`| \`${path}\` | ${(schema.description ?? inner.description ?? '').replaceAll('|', '\\|')} |`];
  if (inner.items !== undefined) return [...own, ...fields(`${path}[]`, inner.items)];
  return [...own, ...fields(path, inner)];
}

function fields(path: string, { properties = {} }: JsonSchema): string[] {
  return Object.entries(properties).flatMap(([name, field]) => rows(path === '' ? name : `${path}.${name}`, field));
}

function fill(text: string, lines: readonly string[]): string {
  const [start, end] = ['<!-- fields: made from the code -->', '<!-- /fields -->'];
  assert.ok(text.includes(start) && text.includes(end));
  const table = ['| field | what |', '| --- | --- |', ...lines];
  return `${text.slice(0, text.indexOf(start) + start.length)}\n${table.join('\n')}\n${text.slice(text.indexOf(end))}`;
}
