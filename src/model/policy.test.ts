import assert from 'node:assert/strict';
import { test } from 'node:test';
import { contradictionIn, localityOf, policyFields, policyKeys, policyOf, policyValues } from './policy.ts';

test('what the fields mean', () => {
  const grpc = { protocol: 'grpc', grpcService: '' };
  assert.deepEqual(policyOf({}), {});
  assert.deepEqual(policyOf({ healthCheck: 'grpc' }), { healthCheck: grpc });
  assert.deepEqual(policyOf({ grpcService: 'a.B' }), { healthCheck: { ...grpc, grpcService: 'a.B' } });
  assert.deepEqual(policyOf({ healthCheck: 'tcp', grpcService: 'a.B' }), {
    healthCheck: { protocol: 'tcp', grpcService: '' },
  });
  // Said, so that it takes away what another source says.
  assert.deepEqual(policyOf({ healthCheck: 'none' }), { healthCheck: undefined });
  assert.deepEqual(policyOf({ slowStart: 'none' }), { slowStartMs: undefined });
  for (const [slowStart, slowStartMs] of [
    ['30s', 30_000],
    ['1.5m', 90_000],
    ['2500ms', 2_500],
    ['1h', 3_600_000],
  ] as const) {
    assert.deepEqual(policyOf({ slowStart }), { slowStartMs });
  }
  for (const [maxStreamDuration, maxStreamDurationMs] of [
    ['none', undefined],
    ['1s', 1_000],
    ['24h', 86_400_000],
  ] as const) {
    assert.deepEqual(policyOf({ maxStreamDuration }), { maxStreamDurationMs });
  }
  for (const [retries, meant] of [
    [0, undefined],
    [4, 4],
  ] as const) {
    assert.deepEqual(policyOf({ retries }), { retries: meant });
  }
  for (const bad of [-1, 5, 1.5, '2']) assert.equal(policyFields.retries.safeParse(bad).success, false, String(bad));
  for (const bad of ['25h', '999ms', '1d']) {
    assert.equal(policyFields.maxStreamDuration.safeParse(bad).success, false, bad);
  }
  for (const bad of ['30', '0s', '61m', '-1s', '1e3s', 's', '999ms', '']) {
    assert.equal(policyFields.slowStart.safeParse(bad).success, false, bad);
  }
  assert.deepEqual(policyOf({ trafficDistribution: 'none' }), { trafficDistribution: undefined });
  assert.deepEqual(policyOf({ trafficDistribution: 'PreferClose' }), { trafficDistribution: 'PreferClose' });
  assert.deepEqual(policyOf({ podLocalities: false }), { podLocalities: false });
  assert.deepEqual(policyOf({ ejection: 'none' }), { ejection: { mode: 'none' } });
  assert.deepEqual(policyOf({ ejectionBaseMs: 5_000, ejectionMaxPercent: 30 }), {
    ejection: { baseMs: 5_000, maxPercent: 30 },
  });
  assert.equal(localityOf({ region: '', zone: '' }), undefined);
  assert.deepEqual(localityOf({ zone: 'a' }), { region: '', zone: 'a', subZone: '' });
});

test('a service name contradicts a check that does not use it', () => {
  const said = (['grpc', 'tcp', 'none', undefined] as const).map((healthCheck) =>
    contradictionIn({ healthCheck, grpcService: 'a.B' }),
  );
  assert.deepEqual(said, [
    undefined,
    'has no meaning with healthCheck: tcp',
    'has no meaning with healthCheck: none',
    undefined,
  ]);
  assert.equal(contradictionIn({ healthCheck: 'tcp' }), undefined);
});

test('every field names its values, and says in its error what it is told of them', () => {
  for (const key of policyKeys) {
    const message = policyFields[key].safeParse('\n').error!.issues[0]!.message;
    assert.equal(message, `must be ${policyValues[key].replaceAll('`', '')}`);
    assert.ok(policyFields[key].description, key);
  }
});
