// What clients of four makers, Envoy and the probe report is what they and the backends counted, and the calls are exactly even
// over three zones.
import assert from 'node:assert/strict';
import { before, suite, test } from 'node:test';
import { type ClientId, clientKinds, oldestKinds } from './driver/clients.ts';
import {
  byService,
  differenceOf,
  type MeasuredReports,
  measureReports,
  probe,
  spreadOf,
  zones,
} from './driver/measure-reports.ts';
import { addCounts } from './driver/tally.ts';

const requireAll = process.env.EVENKEEL_REQUIRE === 'all';
const kinds = [
  ...clientKinds.filter(({ id }) => id !== 'envoy-delta'),
  ...oldestKinds.filter(({ id }) => id === 'python-oldest'),
];
const reasons = new Map(await Promise.all(kinds.map(async ({ id, missing }) => [id, await missing()] as const)));
let measured: MeasuredReports;

before(async () => {
  measured = await measureReports(kinds.filter(({ id }) => requireAll || reasons.get(id) === undefined));
});

function skipOf(id: ClientId): string | false {
  return requireAll ? false : (reasons.get(id) ?? false);
}

suite('load reports', () => {
  test('what clients report by pod is what they and the backends counted, pod by pod', () => {
    const { view, clients, lost } = measured;
    const byPod = [...clients].flatMap(([id, client]) => (id === 'envoy-sotw' ? [] : [client]));
    const reported = addCounts(
      view.services.map(({ pods }) => Object.fromEntries(pods.map(({ pod, total }) => [pod!, total.calls]))),
    );
    const counted = addCounts(byPod.map((client) => client.counted));
    const own = addCounts(byPod.map((client) => client.own));
    if (lost === 0) {
      assert.deepEqual(reported, counted);
      assert.deepEqual(reported, own);
    }
    // A call that failed may have got to its backend or not; every other one counts the same on all sides.
    assert.ok(differenceOf(reported, counted) <= lost, `${differenceOf(reported, counted)} differ, ${lost} failed`);
    assert.ok(differenceOf(reported, own) <= lost, `${differenceOf(reported, own)} differ, ${lost} failed`);
    // One that found no pod in time is counted nowhere.
    assert.ok(view.services.reduce((sum, { total }) => sum + total.failed, 0) <= lost);
  });

  test('every pod has its zone', () => {
    for (const { pods } of measured.view.services) {
      const found = Object.groupBy(pods, ({ zone }) => zone);
      assert.deepEqual(
        zones.map(([zone]) => [zone, found[zone]?.length]),
        zones,
      );
    }
  });

  for (const id of [...kinds.map((kind) => kind.id), probe] as const) {
    const skip = id === probe ? false : skipOf(id);
    test(`${id}: exactly even over three zones with 5, 4 and 2 pods, and reported as it and the backends counted`, {
      skip,
    }, () => {
      const { lost, clients } = measured;
      const client = clients.get(id)!;
      assert.ok(spreadOf(client) <= 1, JSON.stringify(client.even));
      for (const counts of [client.counted, client.own]) {
        const difference = differenceOf(client.reported, byService(counts));
        assert.ok(difference <= lost, `${difference} calls differ, ${lost} failed`);
      }
    });
  }
});
