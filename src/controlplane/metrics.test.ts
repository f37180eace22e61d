import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { type MetricDefinition, metricDefinitions } from './metric-definitions.ts';
import { Metrics } from './metrics.ts';

const root = resolve(import.meta.dirname, '..', '..');
const definitions = Object.entries<MetricDefinition>(metricDefinitions);

function renderDocs(): string {
  const rows = definitions.map(([name, { type, labels, help }]) => {
    const named = labels.length === 0 ? '—' : labels.map((label) => `\`${label}\``).join(', ');
    return `| \`${name}\` | ${type} | ${named} | ${help} |`;
  });
  return [
    '# Metrics',
    '',
    '`evenkeel serve` answers `GET /metrics` on its admin address (127.0.0.1:18001) in the Prometheus text format.',
    '',
    'The label `type` is `listener`, `route`, `cluster`, `endpoint` or `other`; `source` is the name of a source as in',
    '`/readyz`. Series appear with their first value, counters without labels, or with `type` alone, at once.',
    '',
    '| metric | type | labels | what it says |',
    '| --- | --- | --- | --- |',
    ...rows,
    '',
    'What is worth an alert stands in [observe.md](observe.md#grafana-and-prometheus); the expressions are in',
    '`deploy/chart/evenkeel/monitoring/rules.yaml`.',
    '',
  ].join('\n');
}

/** Names and kinds in the Prometheus text format. */
async function exposed(metrics: Metrics): Promise<string[]> {
  return [...(await metrics.text()).matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => `${name} ${type}`);
}

test('docs/metrics.md lists exactly the metrics of the table', (t) => {
  t.assert.fileSnapshot(renderDocs(), join(root, 'docs', 'metrics.md'), { serializers: [(text: string) => text] });
});

test('the registry exposes exactly the metrics of the table', async () => {
  assert.deepEqual(
    await exposed(new Metrics()),
    definitions.map(([name, { type }]) => `${name} ${type}`),
  );
});

test('names and labels follow the conventions of Prometheus', () => {
  for (const [name, { type, labels, help }] of definitions) {
    assert.match(name, /^evenkeel(_[a-z]+)+$/, name);
    assert.equal(name.endsWith('_total'), type === 'counter', `${name}: a counter, and only a counter, ends in _total`);
    assert.doesNotMatch(name, /_(ms|millis|milliseconds|kb|mb|count)(_|$)/, `${name}: base units, and no _count`);
    assert.match(help, /^[A-Z0-9].*\.$/, `${name}: the help is a sentence`);
    for (const label of labels) assert.match(label, /^[a-z]+$/, `${name}: label ${label}`);
  }
});

test('every metric is given values somewhere', () => {
  const sources = readdirSync(import.meta.dirname, { encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts') && name !== 'metric-definitions.ts')
    .map((name) => readFileSync(join(import.meta.dirname, name), 'utf8'))
    .join('\n');
  assert.deepEqual(
    definitions.map(([name]) => name).filter((name) => !sources.includes(`'${name}'`)),
    [],
  );
});

test('a gauge says nothing before it is set, and after it is set to nothing', async () => {
  const metrics = new Metrics();
  const said = async () => /^evenkeel_tls_certificate_expiry_timestamp_seconds .*/m.exec(await metrics.text())?.[0];
  assert.equal(await said(), undefined);
  metrics.set('evenkeel_tls_certificate_expiry_timestamp_seconds', [[{}, 5]]);
  assert.match((await said())!, / 5$/);
  metrics.set('evenkeel_tls_certificate_expiry_timestamp_seconds', []);
  assert.equal(await said(), undefined);
});

test('counters that Prometheus takes the increase of begin with 0', async () => {
  assert.match(await new Metrics().text(), /^evenkeel_xds_nacks_total\{type="cluster"\} 0$/m);
});

test('counters add up and gauges forget what is gone', async () => {
  const metrics = new Metrics();
  metrics.count('evenkeel_xds_responses_total', { type: 'listener' });
  metrics.count('evenkeel_xds_responses_total', { type: 'listener' });
  metrics.count('evenkeel_xds_response_bytes_total', { type: 'listener' }, 120);
  metrics.set('evenkeel_discovery_synced', [
    [{ source: 'file' }, 1],
    [{ source: 'dns' }, 0],
  ]);
  metrics.set('evenkeel_discovery_synced', [[{ source: 'file' }, 1]]);
  const text = await metrics.text();
  assert.match(text, /^evenkeel_xds_responses_total\{type="listener"\} 2$/m);
  assert.match(text, /^evenkeel_xds_response_bytes_total\{type="listener"\} 120$/m);
  assert.match(text, /^evenkeel_discovery_synced\{source="file"\} 1$/m);
  assert.doesNotMatch(text, /source="dns"/);
});
