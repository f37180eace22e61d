import {
  create,
  type DescMethodUnary,
  type DescService,
  type MessageInitShape,
  type MessageShape,
} from '@bufbuild/protobuf';
import { Metadata, type ServerUnaryCall, type sendUnaryData, type UntypedServiceImplementation } from '@grpc/grpc-js';
import { messageOf } from '../../base/errors.ts';
import { cutOff } from '../pod/condition.ts';
import { StatusError } from '../pod/faults.ts';
import { headers, type Pod } from '../pod/pod.ts';
import { grpcServerSpan } from '../tracing/call-attributes.ts';
import { type CallSpan, tracer } from '../tracing/tracer.ts';
import type { Orca } from './orca.ts';

/** What a handler may need to know of its call. */
export interface CallContext {
  /** Every text value by its lower-case name, several with commas between them (RFC 9110, 5.3). */
  readonly metadata: Readonly<Record<string, string>>;
  /** The caller's `address:port` as this server saw it. */
  readonly peer: string;
  /** Aborted when the caller gives up. */
  readonly signal: AbortSignal;
}

/** The unary methods of a generated service; nothing here streams. */
export type UnaryMethods<S extends DescService> = {
  readonly [K in keyof S['method']]: S['method'][K] extends DescMethodUnary<infer I, infer O>
    ? (request: MessageShape<I>, context: CallContext) => MessageInitShape<O> | Promise<MessageInitShape<O>>
    : never;
};

/**
 * The methods as grpc-js wants them. Every answer names the pod in its initial metadata, failures too; calls are counted
 * by run when they arrive, and are slow or fail as the pod's faults say.
 */
export function implementation<S extends DescService>(
  pod: Pod,
  service: S,
  methods: UnaryMethods<S>,
  orca?: Orca,
): UntypedServiceImplementation {
  return Object.fromEntries(
    service.methods.map((method) => {
      const handle = methods[method.localName as keyof UnaryMethods<S>] as Handle;
      return [
        method.localName,
        (call: Call, answer: sendUnaryData<unknown>) => {
          void serve(pod, method as DescMethodUnary, handle, call, orca === undefined ? answer : saying(orca, answer));
        },
      ];
    }),
  );
}

/** The answer, with how busy the server is. */
function saying(orca: Orca, answer: sendUnaryData<unknown>): sendUnaryData<unknown> {
  const begunMs = performance.now();
  return (error, value) => {
    const trailer = new Metadata();
    trailer.set('endpoint-load-metrics-bin', orca.ended(performance.now() - begunMs));
    answer(error, value, trailer);
  };
}

type Call = ServerUnaryCall<unknown, unknown>;
// biome-ignore lint/suspicious/noExplicitAny: the types are held by UnaryMethods
type Handle = (request: any, context: CallContext) => any;

async function serve(
  pod: Pod,
  method: DescMethodUnary,
  handle: Handle,
  call: Call,
  answer: sendUnaryData<unknown>,
): Promise<void> {
  const metadata = plain(call.metadata);
  const traces = tracer();
  if (traces === undefined) return serveCall(pod, method, handle, { call, metadata }, answer);
  const start = grpcServerSpan(call.getPath(), call.getPeer());
  await traces.receive(start, metadata, undefined, async (span) => {
    await serveCall(pod, method, handle, { call, metadata, span }, answer);
    if (pod.condition.draining) span.set({ 'evenkeel.draining': true });
    span.end();
  });
}

interface Received {
  readonly call: Call;
  readonly metadata: Readonly<Record<string, string>>;
  readonly span?: CallSpan;
}

async function serveCall(
  pod: Pod,
  method: DescMethodUnary,
  handle: Handle,
  { call, metadata, span }: Received,
  answer: sendUnaryData<unknown>,
): Promise<void> {
  const gone = new AbortController();
  call.on('cancelled', () => gone.abort());
  pod.ledger.record(metadata[headers.run], call.getPeer());
  const initial = new Metadata();
  initial.set(headers.pod, pod.name);
  call.sendMetadata(initial);

  // Counted before the answer leaves, so that who has it finds it counted.
  const count = (code: string): void => {
    pod.metrics.count(metadata[headers.source], code);
    span?.set({ 'rpc.status_code': code });
  };
  try {
    await pod.faults.apply(metadata[headers.latency], gone.signal);
    const reply = await handle(call.request, { metadata, peer: call.getPeer(), signal: gone.signal });
    count('OK');
    answer(null, create(method.output, reply));
  } catch (thrown) {
    const failure = toStatusError(thrown, gone.signal, pod.condition.cutting);
    if (failure.status === 'INTERNAL') pod.log.error({ err: thrown }, 'call failed');
    count(failure.status);
    if (serverFailures.has(failure.status)) span?.fail(failure.status, failure.message);
    answer({ code: failure.code, details: failure.message });
  }
}

/** Whose fault a status is: of these the server's (semantic conventions, "gRPC"), and a caller that went away. */
const serverFailures: ReadonlySet<string> = new Set([
  ...['UNKNOWN', 'DEADLINE_EXCEEDED', 'UNIMPLEMENTED', 'INTERNAL', 'UNAVAILABLE', 'DATA_LOSS'],
  'CANCELLED',
]);

function toStatusError(thrown: unknown, signal: AbortSignal, cutting: boolean): StatusError {
  if (thrown instanceof StatusError) return thrown;
  if (signal.aborted && cutting) return new StatusError('UNAVAILABLE', cutOff);
  if (signal.aborted) return new StatusError('CANCELLED', 'the caller went away');
  return new StatusError('INTERNAL', messageOf(thrown));
}

function plain(metadata: Metadata): Record<string, string> {
  const names = Object.keys(metadata.getMap()).filter((name) => !name.endsWith('-bin'));
  return Object.fromEntries(names.map((name) => [name, metadata.get(name).join(',')]));
}
