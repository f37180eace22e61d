import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../base/clock.ts';
import { conservative } from '../model/ejection-settings.ts';
import { Ejector } from './ejector.ts';

const pods = Array.from({ length: 100 }, (_, index) => ({ address: `10.0.0.${index}:80` }));

test('what a client makes it hold is said by its size: more where pods do not answer, nothing of what is gone', () => {
  const clock = new ManualClock();
  const ejector = new Ejector({ clock, changed: () => {} });
  for (const name of ['a', 'b']) ejector.serviceChanged(name, pods, conservative);
  ejector.opened(1, { intervalMs: 1_000, isIssuedCounted: true, from: 'client' });
  const report = (name: string, calls: { readonly succeeded: number; readonly inProgress: number }): number => {
    const localities = pods.map(({ address: subZone }) => ({
      ...{ locality: { region: '', zone: '', subZone }, priority: 0, issued: 5, failed: 0 },
      ...calls,
    }));
    clock.advance(1_000);
    return ejector.report(1, [{ name, serviceName: '', intervalMs: 1_000, dropped: 0, localities }]);
  };
  const one = report('a', { succeeded: 5, inProgress: 0 });
  assert.ok(one > 100 * 12, `${one}`);
  assert.equal(report('a', { succeeded: 5, inProgress: 0 }), one);
  assert.ok(report('a', { succeeded: 0, inProgress: 5 }) > one + 100 * 100, 'silent ones are remembered');
  // What failed in the end is remembered until the next report.
  report('a', { succeeded: 5, inProgress: 0 });
  assert.equal(report('a', { succeeded: 5, inProgress: 0 }), one);
  assert.equal(report('b', { succeeded: 5, inProgress: 0 }), 2 * one);
  ejector.serviceRemoved('a');
  assert.equal(report('b', { succeeded: 5, inProgress: 0 }), one);
  assert.equal(report('none', { succeeded: 5, inProgress: 0 }), one);
  ejector.closed(1);
  assert.equal(report('b', { succeeded: 5, inProgress: 0 }), 0);
  ejector.close();
});
