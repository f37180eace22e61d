import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../base/clock.ts';
import { type Endpoint, nowhere } from '../model/endpoint.ts';
import { type Service, serviceKey } from '../model/service.ts';
import { AnsweringEndpoints } from './answering-endpoints.ts';

/** `a1` on node 1 is ready, `-a1` is not, `ta1` terminates, and `a1?` has no pod or node that is known. */
function service(words: string, name = 'orders'): Service {
  const endpoints = words
    .split(' ')
    .filter(Boolean)
    .map((word): Endpoint => {
      const [, mark, pod, node] = /^([-t]?)(\w)(\d)$/.exec(word)!;
      const ready = mark === '';
      return {
        ...{ address: `10.0.0.${pod!.charCodeAt(0)}`, port: 80, pod: `${name}-${pod}`, kubeNode: `node-${node}` },
        conditions: { ready, serving: ready, terminating: mark === 't' },
        locality: nowhere,
      };
    });
  return { namespace: 'shop', name, ports: [{ port: 80, name: 'grpc', endpoints }], policy: {} };
}

function start(answering: string) {
  const clock = new ManualClock();
  const answers = new Set(answering);
  const inForce = new Map<string, Service>();
  const published: string[] = [];
  const kept = new AnsweringEndpoints({
    clock,
    isAnswering: (_service, _port, { pod }) => answers.has(pod!.at(-1)!),
    services: () => inForce.values(),
    changed: (key) => say(inForce.get(key)!),
  });
  /** Discovery says this; what is published of it. */
  function say(found: Service): string {
    inForce.set(serviceKey(found), found);
    const { ports, problems = [] } = kept.apply(found);
    const ready = ports[0]!.endpoints.filter(({ conditions }) => conditions.ready).map(({ pod }) => pod!.at(-1));
    const text = `${ready.join('')}${problems.length > 0 ? '!' : ''}`;
    published.push(text);
    return text;
  }
  return { clock, answers, kept, say, published };
}

test('where all kubelets fall silent, what is called with success is kept, and nothing else', () => {
  const { say } = start('abx');
  assert.equal(say(service('a1 b2 c2')), 'abc');
  // First one node, then the other; x never was ready.
  assert.equal(say(service('-a1 b2 c2')), 'bc');
  assert.equal(say(service('-a1 -b2 -c2 -x2')), 'b!');
  assert.equal(say(service('-a1 b2 c2 -x2')), 'bc', 'Kubernetes is back');
});

test('what is kept stays while pods become ready one by one, but not for long', () => {
  const { clock, say, published } = start('abc');
  say(service('a1 b2 c3'));
  assert.equal(say(service('-a1 -b2 -c3')), 'abc!');
  clock.advance(20_000);
  assert.equal(say(service('a1 -b2 -c3')), 'abc!', 'the kubelets of the others come back a moment later');
  assert.equal(say(service('-a1 -b2 -c3')), 'abc!', 'and one that comes back may waver');
  assert.equal(say(service('a1 b2 -c3')), 'abc!');
  clock.advance(30_000);
  assert.equal(published.at(-1), 'ab');
  assert.equal(clock.pending, 0);
});

test('without a word of clients Kubernetes is believed', () => {
  const { say } = start('');
  say(service('a1 b2'));
  assert.equal(say(service('-a1 -b2')), '');
});

test('what terminates, is not listed or answers no more is not kept', () => {
  const { clock, answers, say, published } = start('ab');
  say(service('a1 b2 c3'));
  assert.equal(say(service('ta1 -b2')), 'b!');
  assert.equal(say(service('')), '');
  say(service('a1 b2'));
  assert.equal(say(service('-a1 -b2')), 'ab!');
  answers.delete('a');
  clock.advance(5_000);
  assert.equal(published.at(-1), 'b!');
  answers.delete('b');
  clock.advance(5_000);
  assert.equal(published.at(-1), '');
  answers.add('b');
  clock.advance(60_000);
  assert.equal(published.at(-1), '', 'and does not come back by what is said later');
});

test('it ends after five minutes', () => {
  const { clock, say, published } = start('ab');
  say(service('a1 b2'));
  say(service('-a1 -b2'));
  clock.advance(299_000);
  assert.equal(published.at(-1), 'ab!');
  clock.advance(6_000);
  assert.equal(published.at(-1), '');
  assert.equal(clock.pending, 0);
});

test('a node of which Kubernetes sees another pod is seen: one Service that is not ready is one Service', () => {
  const { clock, say, published } = start('ab');
  say(service('p1 q2', 'web'));
  say(service('a1 b2'));
  // For some seconds the others may be about to become so, too.
  assert.equal(say(service('-a1 -b2')), 'ab!');
  clock.advance(10_000);
  say(service('-p1 q2', 'web'));
  clock.advance(10_000);
  assert.equal(published.at(-1), 'a!');
});

test('a Service that goes is forgotten', () => {
  const { clock, kept, say } = start('a');
  say(service('a1'));
  say(service('-a1'));
  kept.removed({ namespace: 'shop', name: 'orders' });
  assert.equal(say(service('-a1')), '');
  kept.close();
  clock.advance(10_000);
  assert.equal(clock.pending, 0);
});
