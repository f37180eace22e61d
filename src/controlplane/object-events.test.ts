import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EvenkeelError } from '../base/errors.ts';
import type { KubeEvent, KubeEventsOptions } from '../discovery/kubernetes/kube-events.ts';
import { Metrics } from './metrics.ts';
import { ObjectEvents } from './object-events.ts';
import { logCapture } from './testing/log-capture.ts';
import { grpcService } from './testing/told-source.ts';

function start() {
  const events: KubeEvent[] = [];
  const { log, lines } = logCapture();
  const metrics = new Metrics();
  let done: KubeEventsOptions['done'] = () => {};
  const objects = new ObjectEvents({
    make: (told) => {
      done = told;
      return { record: (event) => events.push(event), stop: () => {} };
    },
    isOfKubernetes: ({ namespace }) => namespace === 'shop',
    ...{ metrics, log },
  });
  /** What was written since this was last asked. */
  const written = () => events.splice(0).map(({ kind, name, reason, message }) => [kind, name, reason, message]);
  return { objects, written, lines, metrics, done: (...told: Parameters<typeof done>) => done(...told) };
}

test('a wrong annotation is said once, as long as it lasts, and again when it comes back', () => {
  const { objects, written } = start();
  const wrong = 'the annotation evenkeel.dev/retries is "x" and must be a number; it has no effect';
  const service = (...problems: string[]) => grpcService('shop/orders', [], { problems });
  const event = ['Service', 'orders', 'AnnotationRefused', `T${wrong.slice(1)}.`];
  objects.serviceChanged(service(wrong, 'it has neither a selector nor an EndpointSlice'));
  objects.serviceChanged(service(wrong));
  assert.deepEqual(written(), [event]);
  objects.serviceChanged(service());
  objects.serviceChanged(service(wrong));
  assert.deepEqual(written(), [event]);
  objects.serviceRemoved(service());
  objects.serviceChanged(service(wrong));
  assert.deepEqual(written(), [event]);
  objects.serviceChanged(service(...Array.from({ length: 50 }, (_, index) => `${wrong} ${index}`)));
  assert.equal(written().length, 5);
  objects.serviceChanged(grpcService('file/orders', [], { problems: [wrong] }));
  assert.deepEqual(written(), []);
});

test('a pod that is out and back has events of its own; one that discovery does not name, its Service', () => {
  const { objects, written } = start();
  const known = { namespace: 'shop', name: 'orders', port: 50051 } as Parameters<typeof objects.ejection>[0];
  const view = { since: '', until: '2026-11-27T12:00:00.000Z', why: '9 of 10 calls failed' };
  objects.ejection(known, 'orders-1', view, '');
  objects.ejection(known, 'orders-1', null, 'its time is over');
  objects.ejection(known, null, view, '');
  objects.ejection({ ...known, namespace: 'file' }, 'orders-1', view, '');
  const out = `Gets no calls of shop/orders:50051 until ${view.until}: ${view.why}.`;
  assert.deepEqual(written(), [
    ['Pod', 'orders-1', 'Ejected', out],
    ['Pod', 'orders-1', 'Restored', 'Gets calls of shop/orders:50051 again: its time is over.'],
    ['Service', 'orders', 'Ejected', out],
  ]);
});

test('what becomes of events is counted, and a failure that goes on is logged once', async () => {
  const { done, lines, metrics } = start();
  const error = new EvenkeelError('EK_KUBE_FORBIDDEN', 'the API server forbids to create events');
  for (let time = 0; time < 3; time++) done('failed', error);
  done('written');
  done('dropped');
  done('failed', error);
  const text = await metrics.text();
  for (const [result, count] of Object.entries({ failed: 4, written: 1, dropped: 1 })) {
    assert.ok(text.includes(`evenkeel_kubernetes_events_total{result="${result}"} ${count}`), text.slice(0, 300));
  }
  assert.deepEqual(
    lines.map(({ level }) => level),
    [40, 40],
  );
});
