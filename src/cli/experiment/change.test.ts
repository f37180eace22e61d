import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { changeSchema, type MeasuredRow } from '../../probe/experiment/change/report.ts';
import { patchOf, variants } from './change/variants.ts';
import { parseChange } from './change.ts';
import { runExperiment } from './testing/run-experiment.ts';

const timeout = 300_000;

test('flags that will not do are named', () => {
  for (const [raw, field] of [
    [{ pods: '3', scaleTo: '3' }, '--scale-to'],
    [{ pods: '0' }, '--pods'],
    [{ rate: '1e3' }, '--rate'],
    [{ endpointDelay: '-1' }, '--endpoint-delay'],
    [{ schemes: 'carrier-pigeon' }, '--schemes'],
  ] as const) {
    assert.throws(() => parseChange('scale-out', raw), { location: { field } }, field);
  }
  const { proof, endpointDelayMs } = parseChange('scale-in', { pods: '4' });
  assert.deepEqual([proof.replicas, proof.scaleTo, endpointDelayMs], [4, 8, 0]);
});

test('a rolling update varies one thing at a time, unless it is to be plain', () => {
  assert.deepEqual(parseChange('rolling-update', { plain: true }).variants, []);
  const varied = parseChange('rolling-update', {});
  assert.equal(varied.endpointDelayMs, 1000);
  assert.equal(varied.variants, variants);
  assert.equal(new Set(variants.map((variant) => JSON.stringify(patchOf(variant).env))).size, variants.length);
});

test('xds:/// finds a new pod, and a rolling update costs it nothing where pods drain', { timeout }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'evenkeel-experiment-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const html = join(folder, 'report.html');
  const common = ['--schemes', 'xds', '--rate', '20', '--deadline', '30000', '--json'];
  const out = await runExperiment(['scale-out', ...common, '--pods', '1', '--scale-to', '2', '--html', html]);
  assert.equal(out.code, 0, out.stderr);
  const [found] = changeSchema.parse(JSON.parse(out.stdout)).rows as MeasuredRow[];
  assert.ok(found!.convergedMs !== null, JSON.stringify(found));
  assert.equal(found!.failed, 0);
  assert.match(readFileSync(html, 'utf8'), /<title>How soon new pods get calls<\/title>/);

  const rolled = await runExperiment([
    'rolling-update',
    '--plain',
    ...common,
    '--pods',
    '2',
    '--endpoint-delay',
    '200',
  ]);
  assert.equal(rolled.code, 0, rolled.stderr);
  const report = changeSchema.parse(JSON.parse(rolled.stdout));
  const [kept] = report.rows as MeasuredRow[];
  assert.deepEqual([kept!.variant, kept!.failed], [null, 0], JSON.stringify(kept));
  assert.equal(report.conditions.endpointDelayMs, 200);
});
