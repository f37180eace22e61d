import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fleetCases, streamsWithin } from './cases.ts';
import { evenWithin, formatReplicas, spreadOf } from './replicas.ts';
import { formatFleetCase } from './result.ts';

test('as few streams a connection as the open files allow', () => {
  assert.deepEqual([streamsWithin(1_000, 20_000), streamsWithin(40_000, 20_000)], [1, 3]);
  assert.equal(streamsWithin(40_000, 1_048_576), 1);
  const size = { clients: 40_000, streamsPerConnection: 3, services: 1000, rounds: 9, visits: 10 };
  const cases = fleetCases({ ...size, changesPerSecond: 10_000, seconds: 10, restSeconds: 10 });
  const of = (name: string) => cases.find((one) => one.name === name)!.plan;
  assert.deepEqual([of('many').changes, of('visits').visits, of('one').visits], [100_000, 10, 1]);
  assert.ok(
    cases.filter(({ name }) => name.startsWith('targets')).every(({ plan }) => plan.streamsPerConnection === 1),
  );
});

test('no address opens as many connections as would have some refused', () => {
  const size = { clients: 40_000, streamsPerConnection: 3, services: 1000, rounds: 9, visits: 10 };
  for (const { name, plan } of fleetCases({ ...size, changesPerSecond: 10_000, seconds: 10, restSeconds: 10 })) {
    const fromOne = plan.ownAddresses ? 1 : Math.ceil(plan.clients / plan.streamsPerConnection);
    assert.ok(fromOne < 50, `${name}: ${fromOne}`);
  }
});

test('streams are even again within the age of a connection, and much sooner where replicas know each other', async () => {
  const spreads = await spreadOf(2_000);
  assert.equal(spreads.length, 12);
  for (const { replicas, event, named, last, evenAfterS } of spreads) {
    assert.ok(last <= evenWithin, `${replicas} ${event}: ${last}`);
    assert.ok(evenAfterS !== undefined && evenAfterS <= (named ? 600 : 1_980), `${replicas} ${event}: ${evenAfterS}`);
  }
  assert.ok(
    spreads.some(({ worst }) => worst > evenWithin),
    'what is looked at was uneven',
  );
  assert.match(formatReplicas(spreads), /^3 +rolled +replicas\.name +\d\.\d\d +1\.\d\d +after \d+ s$/m);
});

test('the table says what was measured, and which server did not get through', () => {
  const turn = { firstMs: 1, p50Ms: 2, p99Ms: 3, lastMs: 4, cpuMs: 5, driverCpuMs: 6, responses: 7 };
  const storm = { ...turn, messageBytes: 0, wireBytes: 0, useless: 0, uninvolved: 0 };
  const visit = { storm, connectedKiB: 3_072, leftKiB: 1_024 };
  const memory = { idleKiB: 1_024, connectedKiB: 3_072, endKiB: 3_072 };
  const one = { name: 'evenkeel', visits: [visit, visit], turns: [storm], memory, exact: 2 };
  const about = { name: 'one', title: 'a case', clients: 2, streamsPerConnection: 1, othersCpuPercent: 4 };
  const text = formatFleetCase({ ...about, servers: [one], failed: { linear: 'it ended' } });
  assert.match(text, /change: first, p50, p99, last ms +1, 2, 3, 4/);
  assert.match(text, /KiB a stream +1,024/);
  assert.match(text, /MiB after each visit +1 1/);
  assert.match(text, /exact +2 of 2/);
  assert.match(text, /linear failed: it ended/);
});
