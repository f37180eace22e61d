import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { connectionAgePage } from './page.ts';
import { printConnectionAge } from './print.ts';
import { type ConnectionAgeReport, connectionAgeSchema } from './report.ts';

const docs = resolve(import.meta.dirname, '..', '..', '..', 'docs');
const report: ConnectionAgeReport = connectionAgeSchema.parse(
  JSON.parse(readFileSync(resolve(docs, 'connection-age.json'), 'utf8')),
);

test('docs/connection-age.html is the page of the run in docs', (t) => {
  t.assert.fileSnapshot(connectionAgePage(report), resolve(docs, 'connection-age.html'), { serializers: [String] });
});

test('the page loads nothing and runs nothing', () => {
  assert.doesNotMatch(connectionAgePage(report), /(?:src|href)=|url\(|@import|<script/);
});

test('the table has a row for every age and fits the terminal', () => {
  const lines = printConnectionAge(report, false).split('\n');
  assert.equal(lines.filter((line) => / (?:survived|–|[A-Z_]{4,})$/.test(line)).length, report.rows.length);
  for (const line of lines) assert.ok(line.length <= 80, line);
});
