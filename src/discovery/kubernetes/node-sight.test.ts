import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../../base/clock.ts';
import { type Endpoint, nowhere } from '../../model/endpoint.ts';
import type { ServicePort } from '../../model/service.ts';
import { defaultSightTimes, NodeSight } from './node-sight.ts';

const { burstMs, blindMs, returnMs, momentMs } = defaultSightTimes;

/** `a1` is the pod `a` on the node `1`, ready; `a1-` is not, `a1~` ends, `a1!` is published though it is not ready. */
function endpoint(said: string): Endpoint {
  const [pod = '', node = '', state = ''] = said;
  const conditions = { ready: state === '' || state === '!', serving: state === '', terminating: state === '~' };
  return { address: `10.0.${node}.${pod.charCodeAt(0)}`, port: 1, pod, kubeNode: node, conditions, locality: nowhere };
}

function portsOf(said: string): ServicePort[] {
  return [{ port: 1, name: 'grpc', endpoints: said.split(' ').filter(Boolean).map(endpoint) }];
}

/** What Kubernetes says, Service by Service, and who gets calls then. */
function cluster(services: Record<string, string>, own?: string) {
  const clock = new ManualClock();
  const believed: string[] = [];
  const self = own === undefined ? undefined : { namespace: 'shop', pod: own };
  const sight = new NodeSight(clock, defaultSightTimes, self, (keys) => believed.push(...keys));
  const now = new Map<string, ServicePort[]>();
  const say = (changes: Record<string, string | undefined>): string[] => {
    for (const [name, said] of Object.entries(changes)) {
      const key = `shop/${name}`;
      if (said === undefined) now.delete(key);
      else now.set(key, portsOf(said));
      sight.observe(key, now.get(key));
    }
    return sight.settle();
  };
  say(services);
  const ready = (name: string): string => {
    const [port] = sight.apply(`shop/${name}`, now.get(`shop/${name}`)!).ports;
    return port!.endpoints.flatMap(({ conditions, pod }) => (conditions.ready ? pod! : [])).join(' ');
  };
  const problems = (name: string) => sight.apply(`shop/${name}`, now.get(`shop/${name}`)!).problems;
  return { clock, believed, say, ready, problems };
}

const two = { orders: 'a1 b2', carts: 'c1 d2' };
const dark = { orders: 'a1- b2-', carts: 'c1- d2-' };

test('every pod of every node at once: Kubernetes has lost sight of them', () => {
  const { say, ready, problems } = cluster(two);
  assert.deepEqual(say(dark), ['shop/orders', 'shop/carts']);
  assert.deepEqual([ready('orders'), ready('carts')], ['a b', 'c d']);
  assert.match(problems('orders')[0]!, /^Kubernetes has lost sight of its nodes .* at most 300 s$/);
});

test('it need not be in one moment, and what was given up meanwhile comes back', () => {
  const { say, ready, clock } = cluster({ ...two, alone: 'e1' });
  assert.deepEqual(say({ orders: 'a1- b2', carts: 'c1- d2', alone: 'e1-' }), []);
  clock.advance(momentMs);
  assert.deepEqual([ready('orders'), ready('alone')], ['b', '']);
  clock.advance(burstMs - momentMs);
  assert.deepEqual(say({ orders: 'a1- b2-' }), []);
  assert.deepEqual(say({ carts: 'c1- d2-' }).sort(), ['shop/alone', 'shop/carts', 'shop/orders']);
  assert.deepEqual([ready('orders'), ready('carts'), ready('alone')], ['a b', 'c d', 'e']);
});

test('no Service is without endpoints until the slices of the others say so too', () => {
  // As seen on a cluster: the pods of two nodes go within a moment, and the slice of each Service is written by itself.
  const { say, ready, problems, believed, clock } = cluster(two);
  say({ orders: 'a1- b2' });
  assert.equal(ready('orders'), 'b');
  clock.advance(500);
  say({ orders: 'a1- b2-' });
  assert.equal(ready('orders'), 'a b', 'without them every call fails');
  assert.match(problems('orders')[0]!, /^no endpoint is ready any more: .* for 3 s/);
  clock.advance(25);
  assert.deepEqual(say({ carts: 'c1- d2-' }).sort(), ['shop/carts', 'shop/orders']);
  clock.advance(momentMs);
  assert.deepEqual([ready('orders'), ready('carts'), believed], ['a b', 'c d', []]);
});

test('the same for a Service of the own node', () => {
  const { say, ready, clock } = cluster({ ...two, evenkeel: 'k1', alone: 'e1' }, 'k');
  say({ alone: 'e1-' });
  assert.equal(ready('alone'), 'e');
  clock.advance(25);
  say({ evenkeel: 'k1-', orders: 'a1- b2', carts: 'c1- d2' });
  clock.advance(momentMs);
  assert.deepEqual([ready('alone'), ready('orders')], ['e', 'b']);
});

test('where it is one Service, Kubernetes is believed after that moment', () => {
  const { say, ready, believed, clock } = cluster(two);
  say({ orders: 'a1- b2' });
  clock.advance(momentMs);
  say({ orders: 'a1- b2-' });
  assert.equal(ready('orders'), 'b', 'the other one was given up before');
  clock.advance(momentMs);
  assert.deepEqual([ready('orders'), believed, clock.pending], ['', ['shop/orders'], 0]);
});

test('nodes that go one after the other are believed', () => {
  const { say, ready, clock } = cluster(two);
  say({ orders: 'a1- b2', carts: 'c1- d2' });
  clock.advance(burstMs + 1);
  assert.deepEqual(say(dark), []);
  clock.advance(momentMs);
  assert.deepEqual([ready('orders'), ready('carts')], ['', '']);
});

for (const [what, before, after] of [
  ['one Service fails on every node', two, { orders: 'a1- b2-' }],
  ['the only Service fails', { orders: 'a1 b2' }, { orders: 'a1- b2-' }],
  [
    'the only pods fail, of which there are two Services',
    { orders: 'a1 b2', same: 'a1 b2' },
    { orders: 'a1- b2-', same: 'a1- b2-' },
  ],
  ['all pods of the only node fail', { orders: 'a1 b1', carts: 'c1' }, { orders: 'a1- b1-', carts: 'c1-' }],
  ['all pods of one node fail', { ...two, alone: 'e1' }, { orders: 'a1- b2', carts: 'c1- d2', alone: 'e1-' }],
  ['all pods are deleted', two, { orders: '', carts: '' }],
  ['all pods end', two, { orders: 'a1~ b2~', carts: 'c1~ d2~' }],
  ['new pods never become ready', two, { orders: 'x1- y2-', carts: 'v1- w2-' }],
] as const) {
  test(`Kubernetes is believed where ${what}`, () => {
    const { say, ready, clock } = cluster(before);
    assert.deepEqual(say(after), []);
    clock.advance(momentMs);
    for (const name of Object.keys(after)) assert.doesNotMatch(ready(name), /[acexyvw]/);
  });
}

test('a Service that is published whatever happens does not hide that nobody is seen', () => {
  const { say, ready } = cluster({ ...two, peers: 'e1 f2' });
  say({ ...dark, peers: 'e1! f2!' });
  assert.deepEqual([ready('orders'), ready('peers')], ['a b', 'e f']);
});

test('a pod that ends, that is gone or that was not ready before is not kept', () => {
  const { say, ready } = cluster({ orders: 'a1 b2 g1-', carts: 'c1 d2' });
  say({ orders: 'a1- b2- g1-', carts: 'c1- d2-' });
  assert.equal(ready('orders'), 'a b');
  say({ orders: 'a1~ b2-' });
  assert.equal(ready('orders'), 'b');
  say({ orders: 'a1~' });
  assert.equal(ready('orders'), '');
});

test('what is kept stays while another pod is ready again, but not for as long', () => {
  const { say, ready, clock, believed } = cluster(two);
  say(dark);
  assert.equal(ready('orders'), 'a b');
  clock.advance(1_000);
  say({ orders: 'a1 b2-' });
  assert.equal(ready('orders'), 'a b');
  clock.advance(returnMs - 1);
  assert.deepEqual([ready('orders'), ready('carts'), believed], ['a b', 'c d', []]);
  clock.advance(1);
  assert.deepEqual([ready('orders'), ready('carts')], ['a', '']);
  assert.deepEqual(believed.sort(), ['shop/carts', 'shop/orders']);
  assert.equal(clock.pending, 0);
});

test('in the end Kubernetes is believed', () => {
  const { say, ready, clock, believed } = cluster(two);
  say(dark);
  clock.advance(blindMs - 1);
  assert.deepEqual([ready('orders'), believed], ['a b', []]);
  clock.advance(1);
  assert.deepEqual([ready('orders'), ready('carts'), believed], ['', '', ['shop/orders', 'shop/carts']]);
});

test('a Service that is deleted meanwhile leaves nothing behind', () => {
  const { say, ready, clock } = cluster(two);
  say(dark);
  say({ orders: undefined, carts: undefined });
  clock.advance(blindMs);
  assert.equal(clock.pending, 0);
  say({ orders: 'a1- b2-' });
  assert.equal(ready('orders'), '');
});

test('where it says so of this process, Kubernetes has lost sight of its node', () => {
  const own = { ...two, alone: 'e1', evenkeel: 'k1 l2' };
  const after = { orders: 'a1- b2', carts: 'c1- d2', alone: 'e1-', evenkeel: 'k1- l2' };
  const { say, ready } = cluster(own, 'k');
  assert.deepEqual(say(after).sort(), ['shop/alone', 'shop/carts', 'shop/evenkeel', 'shop/orders']);
  assert.deepEqual([ready('alone'), ready('orders')], ['e', 'b'], 'kept only where there is nobody else');
  const other = cluster(own, 'l');
  assert.deepEqual(other.say(after), []);
});

test('a process that is not ready on a node where others are says nothing', () => {
  const { say, ready, clock } = cluster({ ...two, alone: 'e1', evenkeel: 'k1' }, 'k');
  assert.deepEqual(say({ alone: 'e1-', evenkeel: 'k1-' }), []);
  clock.advance(momentMs);
  assert.equal(ready('alone'), '');
});
