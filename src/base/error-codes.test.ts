import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { type ErrorCode, errorCodes } from './error-codes.ts';

const root = resolve(import.meta.dirname, '..', '..');

function renderDocs(): string {
  const rows = (Object.entries(errorCodes) as [string, ErrorCode][])
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([name, { when, action, exitCode }]) => `| \`${name}\` | ${exitCode} | ${when} | ${action} |`);
  return [
    '# Errors',
    '',
    'Every error that evenkeel reports has a stable code. It says what was wrong, where (file, line, field) and what to',
    'do; with `--json` it is one JSON object, the last line on standard error. Usage errors never print a stack trace.',
    '',
    'Exit codes: 0 done; 1 a gate or expectation was not met; 2 bad input or usage; 3 the run itself broke.',
    '',
    '| code | exit | when | what to do |',
    '| --- | --- | --- | --- |',
    ...rows,
    '',
  ].join('\n');
}

test('docs/errors.md lists exactly the codes of the table', (t) => {
  t.assert.fileSnapshot(renderDocs(), join(root, 'docs', 'errors.md'), { serializers: [(text: string) => text] });
});

test('every code is raised somewhere', () => {
  const sources = ['src', 'packages/xds/src']
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts') && !name.endsWith('error-codes.ts'))
        .map((name) => readFileSync(join(root, folder, name), 'utf8')),
    )
    .join('\n');
  assert.deepEqual(
    Object.keys(errorCodes).filter((code) => !sources.includes(`'${code}'`)),
    [],
  );
});
