import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { httpServerSpan, peerOf, split } from '../tracing/call-attributes.ts';
import type { PastCall, Tracer } from '../tracing/tracer.ts';
import { type LoggedRequest, readLogged } from './nginx-traces.ts';

/** Takes the access log of nginx and makes a span of each line. */
export interface FrontSpans {
  /** `HOST:PORT` */
  readonly address: string;
  stop(): void;
}

export async function startFrontSpans(tracer: Tracer): Promise<FrontSpans> {
  const socket = createSocket('udp4');
  socket.on('message', (datagram) => {
    const request = readLogged(datagram);
    // A trace that begins here and is not sampled: nginx has told the upstream so.
    if (request === undefined || (!hasContext(request) && request.sampled === '00')) return;
    tracer.record(spanOf(request));
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return { address: `127.0.0.1:${socket.address().port}`, stop: () => socket.close() };
}

function hasContext(request: LoggedRequest): boolean {
  return [request.traceparent, request.b3, request['x-b3-traceid'], request['x-b3-sampled']].some(
    (text) => text !== '',
  );
}

/** Pure. */
export function spanOf(request: LoggedRequest): PastCall {
  const { method, url, protocol, host, client, clientPort, user, upstream } = request;
  const peer = { address: client, port: Number(clientPort) };
  const endedAt = Number(request.endedAt) * 1000;
  const start = httpServerSpan({ method, url, route: undefined, version: protocol.replace('HTTP/', ''), host, peer });
  const names = [
    'traceparent',
    'tracestate',
    'baggage',
    'b3',
    'x-b3-traceid',
    'x-b3-spanid',
    'x-b3-sampled',
    'x-b3-flags',
  ] as const;
  // After a failed try nginx names each; the last one is who answered.
  const last = upstream.split(', ').at(-1) ?? '';
  return {
    start: {
      ...start,
      attributes: {
        ...start.attributes,
        'http.response.status_code': Number(request.status),
        ...Object.fromEntries(
          Object.entries(peerOf(split(last))).map(([name, value]) => [`evenkeel.upstream.${name}`, value]),
        ),
      },
    },
    headers: Object.fromEntries(names.filter((name) => request[name] !== '').map((name) => [name, request[name]])),
    user: user === '' ? undefined : user,
    traceId: request.request,
    spanId: request.span,
    startedAt: endedAt - Number(request.took) * 1000,
    endedAt,
    failure:
      Number(request.status) < 500 ? undefined : { type: request.status, message: `upstream ${last || 'unknown'}` },
  };
}
