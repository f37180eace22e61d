import { headers, type Pod } from './pod.ts';

/**
 * Headers that say which trace a call belongs to, in the three forms in use: W3C (traceparent, tracestate, baggage), B3
 * in one header (b3) and B3 in several; and the request id that Envoy gives.
 */
export const traceHeaderNames = [
  'traceparent',
  'tracestate',
  'baggage',
  'b3',
  'x-b3-traceid',
  'x-b3-spanid',
  'x-b3-parentspanid',
  'x-b3-sampled',
  'x-b3-flags',
  'x-request-id',
] as const;

type Received = Readonly<Record<string, string | readonly string[] | undefined>>;

/** The trace headers of a call, byte for byte as they came; a header that came twice is one with a comma (RFC 9110, 5.3). */
export function traceHeaders(received: Received): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of traceHeaderNames) {
    const value = received[name];
    if (value !== undefined) found[name] = typeof value === 'string' ? value : value.join(',');
  }
  return found;
}

/** What a gateway sends on with a call that it makes for another: the trace, the run, and who it is itself. */
export function passedOn(pod: Pod, received: Received): Record<string, string> {
  const run = received[headers.run];
  return {
    ...traceHeaders(received),
    ...(typeof run === 'string' ? { [headers.run]: run } : {}),
    [headers.source]: pod.service,
  };
}
