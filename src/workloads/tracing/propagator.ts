import {
  type Context,
  createContextKey,
  type TextMapGetter,
  type TextMapPropagator,
  type TextMapSetter,
} from '@opentelemetry/api';
import { suppressTracing, W3CBaggagePropagator, W3CTraceContextPropagator } from '@opentelemetry/core';
import { B3InjectEncoding, B3Propagator } from '@opentelemetry/propagator-b3';

type Form = 'tracecontext' | 'b3' | 'b3multi';

const formsKey = createContextKey('evenkeel trace context forms');
const deniedKey = createContextKey('evenkeel trace denied by header');

const propagators: Readonly<Record<Form, TextMapPropagator>> = {
  tracecontext: new W3CTraceContextPropagator(),
  b3: new B3Propagator(),
  b3multi: new B3Propagator({ injectEncoding: B3InjectEncoding.MULTI_HEADER }),
};
const baggage = new W3CBaggagePropagator();

/** The header that says that a form is there. */
const headerOf: readonly (readonly [Form, string])[] = [
  ['tracecontext', 'traceparent'],
  ['b3', 'b3'],
  ['b3multi', 'x-b3-traceid'],
];

/**
 * Reads a trace's context in all three forms (W3C Trace Context; B3 in one header, and in several) and passes it on in
 * the form that it came in, or in all that it came in. Baggage goes with each.
 */
export class EveryFormPropagator implements TextMapPropagator {
  readonly #first: Form;

  /** @param names - `OTEL_PROPAGATORS`: its first form is that of traces which begin here. Default W3C */
  constructor(names = '') {
    const forms = names.split(',').map((name) => name.trim());
    this.#first = forms.find((name): name is Form => Object.hasOwn(propagators, name)) ?? 'tracecontext';
  }

  inject(context: Context, carrier: unknown, setter: TextMapSetter): void {
    const denied = context.getValue(deniedKey) as string | undefined;
    if (denied !== undefined) setter.set(carrier, denied, '0');
    const forms = (context.getValue(formsKey) as readonly Form[] | undefined) ?? [this.#first];
    for (const form of forms) propagators[form].inject(context, carrier, setter);
    baggage.inject(context, carrier, setter);
  }

  extract(context: Context, carrier: unknown, getter: TextMapGetter): Context {
    const forms = headerOf.filter(([, header]) => getter.get(carrier, header) !== undefined).map(([form]) => form);
    const decided = { ...getter, get: withDecision(getter) };
    let found = baggage.extract(context, carrier, getter);
    const denied = deniedBy((header) => getter.get(carrier, header));
    if (denied !== undefined) return suppressTracing(found).setValue(deniedKey, denied);
    if (forms.length === 0) return found;
    // Where several forms disagree, W3C is what the standard of today says.
    for (const form of [...forms].reverse()) found = propagators[form].extract(found, carrier, decided);
    return found.setValue(formsKey, forms);
  }

  fields(): string[] {
    return [...Object.values(propagators).flatMap((propagator) => propagator.fields()), ...baggage.fields()];
  }
}

/** The header with which a caller says "no trace" and names none (B3: `b3: 0`, or `x-b3-sampled: 0` alone). */
function deniedBy(get: (header: string) => string | string[] | undefined): string | undefined {
  if (get('traceparent') !== undefined) return undefined;
  if (get('b3') === '0') return 'b3';
  return get('x-b3-traceid') === undefined && get('x-b3-sampled') === '0' ? 'x-b3-sampled' : undefined;
}

/**
 * B3 may leave the decision to whoever receives it ("deferred"). The library reads that as "not sampled" and the sampler
 * would never be asked; here it is sampled.
 */
function withDecision(getter: TextMapGetter): TextMapGetter['get'] {
  return (carrier, key) => {
    const value = getter.get(carrier, key);
    if (key === 'x-b3-sampled' && value === undefined && getter.get(carrier, 'x-b3-flags') !== '1') return '1';
    if (key === 'b3' && typeof value === 'string' && /^[\da-f]+-[\da-f]+$/i.test(value)) return `${value}-1`;
    return value;
  };
}
