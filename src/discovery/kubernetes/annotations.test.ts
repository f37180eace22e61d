import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { annotationTable, readAnnotations } from './annotations.ts';

test('without annotations nothing is asked for', () => {
  assert.deepEqual(readAnnotations({}), { inForce: {}, problems: [] });
});

test('health checks and the locality are what the configuration would say with the same keys', () => {
  assert.deepEqual(readAnnotations({ grpcService: 'echo.EchoServer', zone: 'zone-a' }), {
    healthCheck: { protocol: 'grpc', grpcService: 'echo.EchoServer' },
    locality: { region: '', zone: 'zone-a', subZone: '' },
    inForce: { grpcService: 'echo.EchoServer', zone: 'zone-a' },
    problems: [],
  });
  assert.deepEqual(readAnnotations({ healthCheck: 'grpc' }).healthCheck, { protocol: 'grpc', grpcService: '' });
  assert.deepEqual(readAnnotations({ healthCheck: 'tcp' }).healthCheck, { protocol: 'tcp', grpcService: '' });
  assert.equal(readAnnotations({ healthCheck: 'none' }).healthCheck, undefined);
});

test('a value that is no good has no effect and is named with what would be', () => {
  const { healthCheck, problems } = readAnnotations({ healthCheck: 'http' });
  assert.equal(healthCheck, undefined);
  assert.deepEqual(problems, [
    'the annotation evenkeel.dev/healthCheck is "http" and must be grpc, tcp or none; it has no effect',
  ]);
});

test('a value that is no good leaves the last good one in force, until it is taken away', () => {
  const good = readAnnotations({ healthCheck: 'tcp', zone: 'zone-a' });
  const bad = readAnnotations({ healthCheck: 'TCP!', zone: 'zone-b' }, good.inForce);
  assert.deepEqual(bad.healthCheck, { protocol: 'tcp', grpcService: '' });
  assert.equal(bad.locality?.zone, 'zone-b');
  assert.match(bad.problems[0]!, /"tcp" stays in force$/);
  assert.deepEqual(readAnnotations({ healthCheck: 'TCP!' }, bad.inForce).healthCheck, bad.healthCheck);
  assert.equal(readAnnotations({}, bad.inForce).healthCheck, undefined);
});

test('an unknown annotation is named with those that are known', () => {
  const [problem] = readAnnotations({ 'health-check': 'grpc' }).problems;
  assert.match(problem!, /evenkeel\.dev\/health-check is unknown; known are healthCheck, grpcService, region, zone, podLocalities$/);
});

test('a service name without a gRPC check is a contradiction', () => {
  const { healthCheck, problems } = readAnnotations({ healthCheck: 'tcp', grpcService: 'a.B' });
  assert.deepEqual(healthCheck, { protocol: 'tcp', grpcService: '' });
  assert.match(problems[0]!, /grpcService has no meaning with healthCheck: tcp/);
});

test('docs/kubernetes.md has a row for every annotation and for nothing else', () => {
  const page = readFileSync(resolve(import.meta.dirname, '../../../docs/kubernetes.md'), 'utf8');
  assert.deepEqual(
    page.split('\n').filter((line) => line.startsWith('| `evenkeel.dev/')),
    annotationTable.map(({ key, values, meaning }) => `| \`evenkeel.dev/${key}\` | ${values} | ${meaning} |`),
  );
});

test('podLocalities is true or false, and nothing where it is not said', () => {
  assert.equal(readAnnotations({ podLocalities: 'false' }).podLocalities, false);
  assert.equal(readAnnotations({ podLocalities: 'true' }).podLocalities, true);
  assert.equal('podLocalities' in readAnnotations({}), false);
  assert.match(readAnnotations({ podLocalities: 'no' }).problems.join(), /must be true or false; it has no effect/);
});
