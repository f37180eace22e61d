import {
  type Context,
  context,
  type Tracer as OtelTracer,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import { ATTR_ERROR_TYPE } from '@opentelemetry/semantic-conventions';
import { traceHeaderNames } from '../pod/passed-on.ts';
import type { PresetIds } from './preset-ids.ts';
import type { CallSpan, Headers, PastCall, SpanStart, Tracer } from './tracer.ts';

/** The baggage entry, and the tag of every span, that says who a call is for. */
const userKey = 'user';
/** Longer names are cut: they are sent with every call, and kept with every span. */
const maxUserLength = 128;
/** Error texts come from other programs. */
const maxMessageLength = 500;

/** Spans of calls by OpenTelemetry's tracer, which the SDK has registered before. */
export class CallTracer implements Tracer {
  readonly #tracer: OtelTracer = trace.getTracer('evenkeel-workload');
  readonly #ids: PresetIds;

  /** @param ids - the SDK's */
  constructor(ids: PresetIds) {
    this.#ids = ids;
  }

  receive<T>(start: SpanStart, headers: Headers, user: string | undefined, work: (span: CallSpan) => T): T {
    const received = withUser(propagation.extract(ROOT_CONTEXT, headers), user);
    const span = this.#start(start, SpanKind.SERVER, received);
    return context.with(trace.setSpan(received, span), () => work(new OtelCallSpan(span)));
  }

  async send<T>(
    start: SpanStart,
    headers: Readonly<Record<string, string>>,
    work: (headers: Readonly<Record<string, string>>, span: CallSpan) => Promise<T>,
  ): Promise<T> {
    const span = this.#start(start, SpanKind.CLIENT, context.active());
    const sending = trace.setSpan(context.active(), span);
    const carrier = Object.fromEntries(Object.entries(headers).filter(([name]) => !ofTrace.has(name)));
    propagation.inject(sending, carrier);
    const call = new OtelCallSpan(span);
    try {
      return await context.with(sending, () => work(carrier, call));
    } finally {
      call.end();
    }
  }

  record({ start, headers, user, startedAt, endedAt, failure, ...ids }: PastCall): void {
    const received = withUser(propagation.extract(ROOT_CONTEXT, headers), user);
    const span = this.#ids.with(ids, () => this.#start(start, SpanKind.SERVER, received, startedAt));
    if (failure !== undefined) new OtelCallSpan(span).fail(failure.type, failure.message);
    span.end(endedAt);
  }

  #start({ name, attributes }: SpanStart, kind: SpanKind, parent: Context, startTime?: number): Span {
    const user = propagation.getBaggage(parent)?.getEntry(userKey)?.value.slice(0, maxUserLength);
    const tags = user === undefined ? attributes : { ...attributes, [userKey]: user };
    return this.#tracer.startSpan(
      name,
      { kind, attributes: tags, ...(startTime === undefined ? {} : { startTime }) },
      parent,
    );
  }
}

/** What the propagator writes anew; the request id is not its business. */
const ofTrace: ReadonlySet<string> = new Set(traceHeaderNames.filter((name) => name !== 'x-request-id'));

function withUser(received: Context, user: string | undefined): Context {
  if (user === undefined || user === '') return received;
  const baggage = propagation.getBaggage(received) ?? propagation.createBaggage();
  return propagation.setBaggage(received, baggage.setEntry(userKey, { value: user.slice(0, maxUserLength) }));
}

class OtelCallSpan implements CallSpan {
  readonly #span: Span;
  #ended = false;

  constructor(span: Span) {
    this.#span = span;
  }

  set(attributes: SpanStart['attributes']): void {
    this.#span.setAttributes(attributes);
  }

  fail(type: string, message: string): void {
    this.#span.setAttribute(ATTR_ERROR_TYPE, type);
    this.#span.setStatus({ code: SpanStatusCode.ERROR, message: message.slice(0, maxMessageLength) });
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#span.end();
  }
}
