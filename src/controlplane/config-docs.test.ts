import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { z } from 'zod';
import { parseDocumentText } from '../base/document.ts';
import { endpointsSchema } from '../discovery/file/endpoints-schema.ts';
import { parseConfig } from './config.ts';
import { configSchema } from './config-schema.ts';
import { configFileEnv, settings } from './config-settings.ts';
import { formatSchema } from './testing/format-schema.ts';

const docs = resolve(import.meta.dirname, '..', '..', 'docs');
const page = readFileSync(join(docs, 'configuration.md'), 'utf8');

interface JsonSchema {
  readonly properties?: Record<string, JsonSchema>;
  readonly items?: JsonSchema;
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
  readonly description?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly required?: readonly string[];
}

function schemaOf(schema: z.ZodType): JsonSchema {
  return z.toJSONSchema(schema, { io: 'input' }) as JsonSchema;
}

for (const [name, schema] of Object.entries({ config: configSchema, endpoints: endpointsSchema })) {
  test(`docs/${name}.schema.json is the schema that files are checked with`, (t) => {
    t.assert.fileSnapshot(schemaOf(schema), join(docs, `${name}.schema.json`), { serializers: [formatSchema] });
  });
}

/** What stands in a table of the page, one row a field. */
function rowsOf(schema: JsonSchema, withSettings: boolean, path = ''): string[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const here = path === '' ? name : `${path}.${name}`;
    if (field.properties !== undefined) return rowsOf(field, withSettings, here);
    if (field.items?.properties !== undefined) return rowsOf(field.items, withSettings, `${here}[]`);
    const required = schema.required?.includes(name) === true;
    const setting = settings.find((one) => one.field === here);
    const cells = [
      `\`${here}\``,
      `${rangeOf(field)}${name.endsWith('Ms') ? ' ms' : ''}`,
      required ? 'required' : defaultOf(field),
      ...(withSettings ? [setting === undefined ? '' : `\`${setting.flag}\` \`${setting.env}\``] : []),
      (field.description ?? '').replace(/ Default: .*$/, ''),
    ];
    return [`| ${cells.join(' | ')} |`.replace(/ {2,}/g, ' ')];
  });
}

function expectedRows(): string[] {
  return [...rowsOf(schemaOf(configSchema), true), ...rowsOf(schemaOf(endpointsSchema), false)];
}

function rangeOf({ type, minimum, maximum, const: only, enum: choices }: JsonSchema): string {
  if (only !== undefined) return `\`${only}\``;
  if (choices !== undefined) return choices.map((choice) => `\`${choice}\``).join(', ');
  if (minimum !== undefined) return `${minimum} to ${maximum}`;
  return type === 'array' ? 'list of strings' : (type ?? '');
}

function defaultOf({ default: value, description = '' }: JsonSchema): string {
  if (value !== undefined) return value === '' ? 'empty' : `\`${value}\``;
  return / Default: (.*)\.$/.exec(description)?.[1] ?? 'none';
}

test('docs/configuration.md has a row for every field and for nothing else', () => {
  const rows = page.split('\n').filter((line) => line.startsWith('| `'));
  assert.deepEqual(rows, expectedRows());
});

test('every field says what it is for', () => {
  for (const row of expectedRows()) {
    assert.doesNotMatch(row, /\| \|$/, row);
  }
});

test('every field that can be set from outside exists', () => {
  const rows = rowsOf(schemaOf(configSchema), true).join('\n');
  for (const { field } of settings) assert.ok(rows.includes(`| \`${field}\` |`), field);
  assert.ok(page.includes(`\`${configFileEnv}\``));
});

test('the examples of docs/configuration.md are good files', () => {
  const examples = [...page.matchAll(/^```(?:yaml|json)\n([\s\S]*?)^```/gm)].map(([, text]) => text!);
  assert.equal(examples.length, 3);
  const [config, svcConfig, endpoints] = examples;
  assert.equal(parseConfig(config!, 'example').services.length, 2);
  assert.equal(parseConfig(svcConfig!, 'example').services.length, 1);
  assert.equal(parseDocumentText(endpoints!, endpointsSchema, 'example').services.length, 1);
});
