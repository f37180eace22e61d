/** Attributes of a span. */
export type Attributes = Readonly<Record<string, string | number | boolean>>;

/** The span of one call while the call is under way. */
export interface CallSpan {
  set(attributes: Attributes): void;
  /**
   * The call failed.
   *
   * @param type - `error.type`: a gRPC status, an HTTP status, or a word
   */
  fail(type: string, message: string): void;
  /** Ends it; only the first time counts. */
  end(): void;
}

/** How a span begins. */
export interface SpanStart {
  readonly name: string;
  readonly attributes: Attributes;
}

/** Text headers or metadata by lower-case name. */
export type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

/** A call that another program has answered, and named before that. */
export interface PastCall {
  readonly start: SpanStart;
  /** That came with it. */
  readonly headers: Headers;
  readonly user: string | undefined;
  /** Of a trace that begins with this call. */
  readonly traceId: string;
  readonly spanId: string;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly endedAt: number;
  readonly failure: { readonly type: string; readonly message: string } | undefined;
}

/** What makes spans of calls. There is none unless the environment asks for it. */
export interface Tracer {
  /**
   * Begins the span of a call that came in; spans of what `work` calls are its children.
   *
   * @param user - who the call is for, where the call itself says so
   */
  receive<T>(start: SpanStart, headers: Headers, user: string | undefined, work: (span: CallSpan) => T): T;
  /** Makes a call in a span of its own, which ends with it. `work` gets the headers to send. */
  send<T>(
    start: SpanStart,
    headers: Readonly<Record<string, string>>,
    work: (headers: Readonly<Record<string, string>>, span: CallSpan) => Promise<T>,
  ): Promise<T>;
  /** Makes the span of a call that is over. */
  record(call: PastCall): void;
}

let current: Tracer | undefined;

/** The tracer of this process; undefined: nobody asked for traces, and nothing of OpenTelemetry is loaded. */
export function tracer(): Tracer | undefined {
  return current;
}

/** Sets the tracer of this process, before its servers and clients are made. */
export function setTracer(tracer: Tracer | undefined): void {
  current = tracer;
}
