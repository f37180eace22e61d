import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { policyFields, policyKeys, policyOf, policyValues } from '../../model/policy.ts';
import { readAnnotations } from './annotations.ts';

test('without annotations nothing is asked for', () => {
  assert.deepEqual(readAnnotations({}), { fields: {}, inForce: {}, problems: [] });
});

test('annotations are what the configuration would say with the same keys', () => {
  assert.deepEqual(readAnnotations({ grpcService: 'echo.EchoServer', zone: 'zone-a', podLocalities: 'false' }), {
    fields: { grpcService: 'echo.EchoServer', zone: 'zone-a', podLocalities: false },
    inForce: { grpcService: 'echo.EchoServer', zone: 'zone-a', podLocalities: 'false' },
    problems: [],
  });
  // A word that is a boolean elsewhere is a name where a name is wanted.
  assert.deepEqual(readAnnotations({ grpcService: 'true' }).fields, { grpcService: 'true' });
});

test('a value that is no good has no effect and is named with what would be', () => {
  assert.deepEqual(readAnnotations({ healthCheck: 'http' }), {
    fields: {},
    inForce: {},
    problems: ['the annotation evenkeel.dev/healthCheck is "http" and must be grpc, tcp or none; it has no effect'],
  });
  for (const [key, value] of [
    ['grpcService', 'a b'],
    ['grpcService', 'a'.repeat(257)],
    ['region', '-a'],
    ['zone', 'a'.repeat(64)],
    ['podLocalities', 'no'],
    ['ejection', 'off'],
    ['ejectionMinCalls', '1e3'],
    ['ejectionMaxPercent', '101'],
  ] as const) {
    const { fields, problems } = readAnnotations({ [key]: value });
    assert.deepEqual([fields, problems.length], [{}, 1], `${key}: ${value}`);
  }
});

test('of a long value the beginning is named, on one line', () => {
  const [problem] = readAnnotations({ zone: `a\nb${'c'.repeat(250_000)}` }).problems;
  assert.match(problem!, /^the annotation evenkeel\.dev\/zone is "a\\nbc+…" and must be empty/);
  assert.ok(problem!.length < 300, `${problem!.length}`);
});

test('a value that is no good leaves the last good one in force, until it is taken away', () => {
  const good = readAnnotations({ healthCheck: 'tcp', zone: 'zone-a' });
  const bad = readAnnotations({ healthCheck: 'TCP!', zone: 'zone-b' }, good.inForce);
  assert.deepEqual(bad.fields, { healthCheck: 'tcp', zone: 'zone-b' });
  assert.match(bad.problems[0]!, /"tcp" stays in force$/);
  assert.deepEqual(readAnnotations({ healthCheck: 'TCP!' }, bad.inForce).fields, { healthCheck: 'tcp' });
  assert.deepEqual(readAnnotations({}, bad.inForce).fields, {});
});

test('an unknown annotation is named with those that are known', () => {
  const [problem] = readAnnotations({ 'health-check': 'grpc' }).problems;
  assert.match(
    problem!,
    /evenkeel\.dev\/health-check is unknown; known are healthCheck, grpcService, region, zone, podLocalities, ejection, ejectionBaseMs, /,
  );
});

test('a service name without a gRPC check is a contradiction', () => {
  const { fields, problems } = readAnnotations({ healthCheck: 'tcp', grpcService: 'a.B' });
  assert.deepEqual(policyOf(fields), { healthCheck: { protocol: 'tcp', grpcService: '' } });
  assert.match(problems[0]!, /grpcService has no meaning with healthCheck: tcp/);
});

test('docs/kubernetes.md has a row for every annotation and for nothing else', () => {
  const page = readFileSync(resolve(import.meta.dirname, '../../../docs/kubernetes.md'), 'utf8');
  assert.deepEqual(
    page.split('\n').filter((line) => line.startsWith('| `evenkeel.dev/')),
    policyKeys.map((key) => `| \`evenkeel.dev/${key}\` | ${policyValues[key]} | ${policyFields[key].description} |`),
  );
});
