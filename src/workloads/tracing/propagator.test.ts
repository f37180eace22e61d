import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultTextMapGetter, defaultTextMapSetter, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { EveryFormPropagator } from './propagator.ts';

const id = '80f198ee56343ba864fe8b2a57d3eff7';
const span = 'e457b5a2e4d86bd1';

/** What goes on of a call with such headers, and whose child its spans are. */
function passed(headers: Record<string, string>, names?: string) {
  const propagator = new EveryFormPropagator(names);
  const context = propagator.extract(ROOT_CONTEXT, headers, defaultTextMapGetter);
  const sent: Record<string, string> = {};
  propagator.inject(context, sent, defaultTextMapSetter);
  const parent = trace.getSpanContext(context);
  return { sent, parent: parent && `${parent.traceId} ${parent.spanId} ${parent.traceFlags}` };
}

test('each form goes on as it came', () => {
  const forms: Record<string, string>[] = [
    { traceparent: `00-${id}-${span}-01`, tracestate: 'a=1,b=2' },
    { traceparent: `00-${id}-${span}-00` },
    { b3: `${id}-${span}-1` },
    { b3: `${id}-${span}-0` },
    { 'x-b3-traceid': id, 'x-b3-spanid': span, 'x-b3-sampled': '1' },
    { 'x-b3-traceid': id, 'x-b3-spanid': span, 'x-b3-flags': '1' },
    { traceparent: `00-${id}-${span}-01`, 'x-b3-traceid': id, 'x-b3-spanid': span, 'x-b3-sampled': '1' },
    { traceparent: `00-${id}-${span}-01`, b3: `${id}-${span}-1`, baggage: 'user=a,other=b' },
  ];
  for (const headers of forms) {
    const { sent, parent } = passed(headers);
    assert.deepEqual(sent, headers);
    assert.ok(parent?.startsWith(`${id} ${span}`));
  }
});

test('a decision that B3 leaves open is made here: sampled', () => {
  assert.equal(passed({ b3: `${id}-${span}` }).parent, `${id} ${span} 1`);
  assert.equal(passed({ 'x-b3-traceid': id, 'x-b3-spanid': span }).parent, `${id} ${span} 1`);
});

test('a refusal without a trace goes on and is kept', () => {
  assert.deepEqual(passed({ b3: '0' }), { sent: { b3: '0' }, parent: undefined });
  assert.deepEqual(passed({ 'x-b3-sampled': '0' }), { sent: { 'x-b3-sampled': '0' }, parent: undefined });
});

test('a short trace id is the same trace', () => {
  assert.equal(
    passed({ 'x-b3-traceid': '463ac35c9f6413ad', 'x-b3-spanid': span, 'x-b3-sampled': '1' }).parent,
    `0000000000000000463ac35c9f6413ad ${span} 1`,
  );
});

test('what cannot be read is no trace', () => {
  const unreadable: Record<string, string>[] = [
    { traceparent: 'x' },
    { b3: '1-2-3-4-5' },
    { traceparent: `00-${'0'.repeat(32)}-${span}-01` },
  ];
  for (const headers of unreadable) assert.equal(passed(headers).parent, undefined);
});

test('OTEL_PROPAGATORS says the form of traces that begin here', () => {
  const fresh = (names?: string) => {
    const sent: Record<string, string> = {};
    const context = trace.setSpanContext(ROOT_CONTEXT, { traceId: id, spanId: span, traceFlags: 1 });
    new EveryFormPropagator(names).inject(context, sent, defaultTextMapSetter);
    return Object.keys(sent).sort();
  };
  assert.deepEqual(fresh(), ['traceparent']);
  assert.deepEqual(fresh('baggage,b3'), ['b3']);
  assert.deepEqual(fresh('b3multi'), ['x-b3-sampled', 'x-b3-spanid', 'x-b3-traceid']);
  assert.deepEqual(fresh('jaeger'), ['traceparent']);
});
