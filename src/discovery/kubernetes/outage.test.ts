import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../../base/clock.ts';
import { type Endpoint, nowhere } from '../../model/endpoint.ts';
import type { Service, ServicePort } from '../../model/service.ts';
import { Outage } from './outage.ts';

const key = 'shop/orders';
const times = { minMs: 3_000, doubtMs: 120_000 };

/** `a` is ready, `a-` is not, `a~` was told to go and answers no more; each letter is a pod. */
function endpoint(said: string): Endpoint {
  const [pod = '', state = ''] = said;
  return {
    address: `10.0.0.${pod.charCodeAt(0)}`,
    port: 50051,
    pod,
    conditions: { ready: state === '', serving: state === '', terminating: state === '~' },
    locality: nowhere,
  };
}

function portsOf(said: string): ServicePort[] {
  return [{ port: 50051, name: 'grpc', endpoints: said.split(' ').filter(Boolean).map(endpoint) }];
}

function service(said: string): Service {
  return { namespace: 'shop', name: 'orders', ports: portsOf(said), policy: {} };
}

/** An outage with these endpoints before it, which is over. */
function outageOver({ before = 'a b', lengthMs = 30_000 } = {}) {
  const clock = new ManualClock();
  const outage = new Outage(clock, times);
  const believed: string[] = [];
  const end = (told: string) => outage.end([service(told)], (keys) => believed.push(...keys));
  outage.begin();
  clock.advance(lengthMs);
  end(before);
  /** Pods that calls may go to, after Kubernetes has said this. */
  const ready = (said: string): string => {
    const [port] = outage.apply(key, portsOf(said)).ports;
    return port!.endpoints.flatMap(({ conditions, pod }) => (conditions.ready ? pod! : [])).join(' ');
  };
  return { clock, outage, believed, end, ready };
}

for (const [what, said, expected] of [
  ['none is ready: those that were are kept', 'a- b-', 'a b'],
  ['one is ready: Kubernetes is believed', 'a b-', 'a'],
  ['a pod that ends is not kept', 'a- b~', 'a'],
  ['a pod that is gone is not kept', 'b-', 'b'],
  ['a pod that has never been ready is not kept', 'a- b- c-', 'a b'],
  ['nobody is there any more', '', ''],
] as const) {
  test(`after an outage, ${what}`, () => {
    assert.equal(outageOver().ready(said), expected);
  });
}

test('a pod that is kept stays until it was ready again, whoever else is', () => {
  const { ready } = outageOver();
  assert.equal(ready('a- b-'), 'a b');
  assert.equal(ready('a b-'), 'a b');
  assert.equal(ready('a b'), 'a b');
  assert.equal(ready('a b-'), 'a');
});

test('a pod that is ready only after the outage counts too', () => {
  const { ready } = outageOver({ before: 'a' });
  assert.equal(ready('a b'), 'a b');
  assert.equal(ready('a- b-'), 'a b');
});

test('another pod with the address of one that was ready is not kept', () => {
  const { outage } = outageOver({ before: 'a' });
  const [port] = portsOf('a-');
  const moved = [{ ...port!, endpoints: port!.endpoints.map((one) => ({ ...one, pod: 'other' })) }];
  assert.equal(outage.apply(key, moved).ports, moved);
});

test('in the end Kubernetes is believed, and the Services are named that it is news for', () => {
  const { clock, believed, ready, outage } = outageOver();
  ready('a- b-');
  assert.equal(outage.apply('shop/other', portsOf('a')).problems.length, 0);
  clock.advance(times.doubtMs - 1);
  assert.deepEqual([ready('a- b-'), believed], ['a b', []]);
  clock.advance(1);
  assert.deepEqual([ready('a- b-'), believed], ['', [key]]);
  assert.equal(clock.pending, 0);
});

test('what is kept is told with the reason, as a problem of the Service', () => {
  const { outage } = outageOver();
  assert.deepEqual(outage.apply(key, portsOf('a b-')).problems, []);
  assert.deepEqual(outage.apply(key, portsOf('a- b-')).problems, [
    'the API server was not heard for 30 s, and then none of the endpoints was ready: those that were before are kept ' +
      'until they are again, at most 120 s after it came back',
  ]);
});

test('a watch that begins again soon is no outage', () => {
  const { clock, ready } = outageOver({ lengthMs: times.minMs - 1 });
  assert.equal(ready('a- b-'), '');
  assert.equal(clock.pending, 0);
});

test('while the API server is away again, what is kept stays, and the time begins anew', () => {
  const { clock, outage, end, ready, believed } = outageOver();
  assert.equal(ready('a- b-'), 'a b');
  clock.advance(50_000);
  outage.begin();
  clock.advance(20_000);
  assert.deepEqual([ready('a- b-'), believed], ['a b', []]);
  end('a b');
  clock.advance(times.doubtMs - 1);
  assert.equal(ready('a- b-'), 'a b');
  clock.advance(1);
  assert.deepEqual([ready('a- b-'), believed], ['', [key]]);
});

test('a watch that begins again soon does not make the time longer', () => {
  const { clock, outage, end, ready } = outageOver();
  assert.equal(ready('a- b-'), 'a b');
  clock.advance(30_000);
  outage.begin();
  clock.advance(times.minMs - 1);
  end('a b');
  clock.advance(times.doubtMs - 30_000 - times.minMs);
  assert.equal(ready('a- b-'), 'a b');
  clock.advance(1);
  assert.equal(ready('a- b-'), '');
});

test('without an outage nothing is kept and nothing waits', () => {
  const clock = new ManualClock();
  const outage = new Outage(clock, times);
  const ports = portsOf('a- b-');
  outage.end([service('a b')], () => assert.fail());
  assert.equal(outage.apply(key, ports).ports, ports);
  assert.equal(clock.pending, 0);
});
