import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { findGoClient } from '../../probe/client/find-go-client.ts';
import { silentProgress } from '../../probe/index.ts';
import { TestFixture } from '../../probe/testing/test-fixture.ts';
import { runExperiment } from '../testing/run-experiment.ts';
import { callersOf } from './clients.ts';
import { observeOnce } from './observe.ts';
import { parseChange } from './options.ts';
import { changeSchema, type MeasuredRow } from './report.ts';
import { patchOf, variants } from './variants.ts';

const timeout = 300_000;

test('flags that will not do are named', () => {
  for (const [raw, field] of [
    [{ pods: '3', scaleTo: '3' }, '--scale-to'],
    [{ pods: '0' }, '--pods'],
    [{ rate: '1e3' }, '--rate'],
    [{ endpointDelay: '-1' }, '--endpoint-delay'],
    [{ schemes: 'carrier-pigeon' }, '--schemes'],
    [{ clients: 'grpc-js,grpc-rust' }, '--clients'],
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

test('gRPC schemes have a row for each client, HTTP has its own', () => {
  const { proof, clients } = parseChange('rolling-update', {
    ...{ schemes: 'clusterip-http-keepalive,xds', clients: 'grpc-go, grpc-js,grpc-go' },
  });
  assert.deepEqual(
    callersOf(proof.schemes, clients).map(({ scheme, client }) => `${scheme} ${client}`),
    ['clusterip-http-keepalive http', 'xds grpc-js', 'xds grpc-go'],
  );
  assert.deepEqual(parseChange('scale-out', {}).clients, ['grpc-js']);
});

test('without a grpc-go client its rows say how to get one', async (t) => {
  const fixture = await TestFixture.start(t, 1, 1);
  const { proof: options } = parseChange('scale-out', {});
  const wanted = { kind: 'scale-out', variant: null, retries: false, options } as const;
  const rows = await observeOnce(
    fixture,
    { ...wanted, callers: [{ scheme: 'xds', client: 'grpc-go' }], goClient: { missing: 'Get one so.' } },
    silentProgress,
    new AbortController().signal,
  );
  assert.deepEqual(rows, [
    { variant: null, scheme: 'xds', client: 'grpc-go', status: 'skipped', reason: 'Get one so.' },
  ]);
});

test('xds:/// finds a new pod, and a rolling update costs it nothing where pods drain', { timeout }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'evenkeel-experiment-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const html = join(folder, 'report.html');
  const common = ['--schemes', 'xds', '--rate', '20', '--deadline', '30000', '--json'];
  const goClient = await findGoClient({ ...process.env, EVENKEEL_REQUIRE: '' });
  const clients = ['--clients', goClient === undefined ? 'grpc-js' : 'grpc-js,grpc-go'];
  const out = await runExperiment([
    ...['scale-out', ...common, ...clients, '--pods', '1', '--scale-to', '2', '--html', html],
  ]);
  assert.equal(out.code, 0, out.stderr);
  const { rows, conditions } = changeSchema.parse(JSON.parse(out.stdout));
  assert.equal(rows.length, goClient === undefined ? 1 : 2);
  assert.equal(conditions.versions['grpc-go'], goClient?.version);
  for (const found of rows as MeasuredRow[]) {
    assert.ok(found.convergedMs !== null, JSON.stringify(found));
    assert.equal(found.failed, 0, JSON.stringify(found));
  }
  assert.match(conditions.command ?? '', /^evenkeel experiment scale-out --schemes xds .* --html /);
  const page = readFileSync(html, 'utf8');
  assert.match(page, /<title>How soon new pods get calls<\/title>/);
  assert.match(page, /<dt>command<\/dt><dd><code>evenkeel experiment scale-out --schemes xds /);

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
