import assert from 'node:assert/strict';
import { test } from 'node:test';
import { displayWidth } from '../base/printable.ts';
import { painter } from '../probe/print/layout.ts';
import type { ReplicaAnswer } from './ask-replicas.ts';
import { conclude } from './conclude.ts';
import { printExplanation } from './print-explanation.ts';
import { readTarget } from './read-target.ts';
import { clientOf } from './testing/clients.ts';
import { endpointOf, explainViewOf } from './testing/views.ts';

const question = { text: 'orders.shop', read: readTarget('orders.shop') };
const good = {
  ...clientOf('web-1'),
  asks: ['orders.shop'],
  here: { state: 'SYNCED', why: '' },
  resources: [],
} as const;

function concludeFrom(...views: ReturnType<typeof explainViewOf>[]) {
  return conclude(
    question,
    views.map((view, index): ReplicaAnswer<typeof view> => ({ admin: `replica-${index}`, view })),
  );
}

test('a pod that was ejected is named with the reason', () => {
  const why = 'is ejected until 12:00: it fails 9 of 10 calls';
  const endpoints = [endpointOf('orders-2', 'ejected', why), endpointOf('orders-1', 'published')];
  const { conclusion, inOrder } = concludeFrom(explainViewOf(endpoints, { clients: [good] }));
  assert.equal(inOrder, false);
  assert.equal(conclusion, `1 of 2 pods of shop/orders:50051 gets no calls: orders-2 ${why}.`);
});

test('a Service without endpoints is explained by its source, which has a selector only in Kubernetes', () => {
  const view = explainViewOf([], { clients: [good] });
  for (const [source, why] of [
    ['file', 'the endpoint file lists none'],
    ['dns', 'DNS knows no address of it'],
    ['kubernetes', 'its selector matches no pod'],
  ] as const) {
    const { conclusion, findings } = concludeFrom({ ...view, service: { ...view.service!, source } });
    assert.equal(conclusion, `shop/orders:50051 has no endpoint: ${why}.`);
    assert.equal(/kubectl/.test(findings[0]!.action!), source === 'kubernetes');
  }
});

test('what to write instead is said only of a Service that is there', () => {
  const texts = (service: null | undefined, text: string): string => {
    const view = { ...explainViewOf([endpointOf('orders-1', 'published')]), ...(service === null && { service }) };
    const { findings } = conclude({ text, read: readTarget(text) }, [{ admin: 'replica', view }]);
    return findings.map((one) => one.text).join('\n');
  };
  for (const text of ['shop/orders', 'dns:///orders.shop']) {
    assert.match(texts(undefined, text), /: write xds:\/\/\/orders\.shop\.$/m);
    assert.doesNotMatch(texts(null, text), /: write/);
  }
});

test('pods that come and go while others serve are a rollout, and in order', () => {
  const endpoints = [
    endpointOf('orders-2', 'not-ready', 'is not ready'),
    endpointOf('orders-3', 'terminating', 'is terminating'),
    endpointOf('orders-1', 'published'),
  ];
  const { conclusion, inOrder, findings } = concludeFrom(explainViewOf(endpoints, { clients: [good] }));
  assert.equal(inOrder, true);
  assert.match(conclusion, /^In order: xds:\/\/\/orders\.shop leads to 1 pod \(2 more are not ready\)/);
  assert.deepEqual(
    findings.map(({ kind, severity }) => [kind, severity]),
    [['endpoints-left-out', 'note']],
  );
});

test('that clients are given a part of the pods, and why, is a note', () => {
  const view = explainViewOf([endpointOf('orders-1', 'published')], { clients: [good] });
  const plan = { given: 'a part of the pods', why: ['one', 'two', 'three', 'four'] };
  const { inOrder, findings } = concludeFrom({
    ...view,
    service: { ...view.service!, port: { ...view.service!.port!, plan } },
  });
  assert.equal(inOrder, true);
  const text = 'Clients of shop/orders:50051 are given a part of the pods, as planned: one; two; three; and 1 more.';
  assert.deepEqual(findings, [{ kind: 'planned', severity: 'note', text }]);
});

test('where several things are wrong the cause comes first, and what follows from it is left out', () => {
  const here = { state: 'REJECTED', why: 'rejected routes (a) 1 s ago: no' } as const;
  const endpoints = [endpointOf('orders-1', 'published')];
  const rejecting = explainViewOf(endpoints, {
    clients: [{ ...good, here }],
    degraded: ['source kubernetes fails: x'],
  });
  assert.deepEqual(
    concludeFrom(rejecting).findings.map(({ kind }) => kind),
    ['client-rejected', 'source-fails'],
  );
  const missing = explainViewOf([], {
    ...{ service: null, notServed: 'there is no Service shop/orders; of Kubernetes only a is served' },
    ...{ similar: ['orders.test'], clients: [{ ...good, here: { state: 'NOT SENT', why: 'asks' } }] },
  });
  const found = concludeFrom(missing);
  assert.equal(found.conclusion, 'No Service shop/orders: of Kubernetes only a is served.');
  assert.deepEqual(found.findings, [
    {
      kind: 'no-such-service',
      severity: 'fault',
      text: found.conclusion,
      action: 'Or: did you mean xds:///orders.test?',
    },
  ]);
});

test('what has just started and knows nothing yet does not outvote the others', () => {
  const starting = explainViewOf([], {
    ready: false,
    reasons: ['source a has not told everything yet'],
    service: null,
  });
  const { findings } = concludeFrom(
    starting,
    explainViewOf([endpointOf('orders-1', 'published')], { clients: [good] }),
  );
  assert.deepEqual(
    findings.map(({ kind }) => kind),
    ['control-plane-not-ready'],
  );
});

test('a replica that does not know the Service does not hide it, first or last', () => {
  const knows = explainViewOf([endpointOf('orders-1', 'published')], { clients: [good] });
  const not = explainViewOf([], { service: null, notServed: 'there is no such Service' });
  for (const views of [
    [knows, not],
    [not, knows],
  ]) {
    const { findings, way } = concludeFrom(...views);
    assert.deepEqual(
      findings.map(({ kind }) => kind),
      ['control-planes-differ'],
    );
    assert.equal(way?.service, 'shop/orders');
  }
});

test('a client that was named is not taken for another one with the same stream of another control plane', () => {
  const here = { state: 'STALE', why: 'has not answered' } as const;
  const endpoints = [endpointOf('orders-1', 'published')];
  const web2 = { ...clientOf('web-2', { peer: '10.0.0.2:40000' }), asks: ['orders.shop'] };
  const views = [
    explainViewOf(endpoints, { clients: [{ ...good, here }] }),
    explainViewOf(endpoints, { clients: [{ ...good, ...web2 }], named: [web2] }),
  ];
  const answers = views.map((view, index) => ({ admin: `replica-${index}`, view }));
  const about2 = conclude({ ...question, from: 'web-2' }, answers);
  assert.deepEqual(about2.findings, []);
  assert.match(about2.conclusion, /, and the stream of web-2 that asks has acknowledged it\.$/);
  assert.deepEqual(
    conclude(question, answers).findings.map(({ kind }) => kind),
    ['client-stale'],
  );
});

test('of many clients and pods there is a bounded picture, and nothing in it does harm', () => {
  const evil = `\u001b[2J${'y'.repeat(200)}`;
  const endpoints = Array.from({ length: 300 }, (_, index) =>
    endpointOf(`${evil}-${index}`, 'unhealthy', `fails ${index}`),
  );
  const clients = Array.from({ length: 300 }, (_, index) => ({
    ...good,
    ...clientOf(`${evil}${index}`),
    here: { state: 'STALE', why: evil } as const,
  }));
  const explanation = concludeFrom(explainViewOf([...endpoints, endpointOf('ok', 'published')], { clients }));
  const lines = printExplanation(explanation, painter(false)).split('\n');
  for (const line of lines) assert.ok(displayWidth(line) <= 80, line);
  assert.ok(lines.length < 200, String(lines.length));
  assert.doesNotMatch(lines.join(''), /\p{Cc}/u);
  assert.ok(explanation.findings.some(({ text }) => /295 clients more are not in order/.test(text)));
});
