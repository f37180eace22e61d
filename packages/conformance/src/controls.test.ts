import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Driver } from './driver.ts';
import { resource } from './resources.ts';
import { type CheckResult, checks, runChecks } from './suite.ts';
import { type Fault, faultNames, noticing } from './testing/faults.ts';
import { ReferenceServer } from './testing/reference-server.ts';

// A server that keeps every rule holds every check; one that breaks a rule fails the check that is about it.

async function results(
  fault: Fault | undefined,
  ids?: readonly string[],
  changed = (driver: Driver): Driver => driver,
  isInOrder = true,
): Promise<CheckResult[]> {
  const driver = changed(await new ReferenceServer(fault).start());
  const some = checks.filter(({ id }) => ids?.includes(id) ?? true);
  try {
    return await runChecks(driver, driver.server!, some, { patienceMs: 120_000, quietMs: 1, isInOrder });
  } finally {
    await driver.close();
  }
}

test('a server that keeps the protocol holds every check', async () => {
  const failed = (await results(undefined)).filter(({ outcome }) => outcome !== 'held');
  assert.deepEqual(
    failed.map(({ check, detail }) => `${check.id}: ${detail}`),
    [],
  );
});

test('a server that has resources of its own for everybody keeps the protocol', async () => {
  const own = (['LDS', 'CDS'] as const).map((kind) => resource(kind, 'own', Number.NaN));
  const nodes = new Set<string>();
  const failed = await results(undefined, undefined, (driver) => ({
    ...driver,
    apply: async (change) => {
      const isNew = !nodes.has(change.node);
      nodes.add(change.node);
      await driver.apply(isNew ? { ...change, set: [...change.set, ...own] } : change);
    },
  }));
  assert.deepEqual(
    failed.filter(({ outcome }) => outcome !== 'held').map(({ check, detail }) => `${check.id}: ${detail}`),
    [],
  );
});

test('a server that answers each ACK, and not what is awaited, comes to an end', async () => {
  const lose = (driver: Driver): Driver => ({
    ...driver,
    apply: (change) => driver.apply({ ...change, set: change.set.filter(({ name }) => name !== 'b') }),
  });
  const [result] = await results('ack-answered', ['sotw/wildcard-star'], lose, false);
  assert.match(result?.detail ?? '', /holds a \(1\) in 1000 responses$/);
});

for (const fault of faultNames) {
  const ids = noticing(fault);
  test(`${fault} is noticed by ${ids.join(', ')}`, async () => {
    const failed = (await results(fault, ids)).filter(({ outcome }) => outcome === 'failed');
    assert.deepEqual(failed.map(({ check }) => check.id).sort(), ids);
  });
}

test('every check can fail', () => {
  const noticed = new Set(faultNames.flatMap(noticing));
  assert.deepEqual(
    checks.map(({ id }) => id).filter((id) => !noticed.has(id)),
    [],
  );
});
