import type { FastifyInstance, FastifyRequest } from 'fastify';
import { messageOf } from '../../base/errors.ts';
import { cutOff } from '../pod/condition.ts';
import { StatusError } from '../pod/faults.ts';
import type { Pod } from '../pod/pod.ts';
import { httpServerSpan } from './call-attributes.ts';
import type { CallSpan, Tracer } from './tracer.ts';

/** Makes a span of every request that a server answers. To be called before its other hooks, so that these are inside. */
export function traceRequests(app: FastifyInstance, tracer: Tracer, pod: Pod): void {
  const spans = new WeakMap<FastifyRequest, CallSpan>();
  app.addHook('onRequest', (request, reply, done) => {
    const { method, url, routeOptions, headers, raw } = request;
    const { remoteAddress, remotePort } = raw.socket;
    const peer = { address: remoteAddress, port: remotePort };
    const start = httpServerSpan({
      method,
      url,
      route: routeOptions.url,
      version: raw.httpVersion,
      host: headers.host,
      peer,
    });
    const user = (request.query as { readonly user?: unknown }).user;
    tracer.receive(start, headers, typeof user === 'string' ? user : undefined, (span) => {
      spans.set(request, span);
      reply.raw.once('close', () => {
        if (pod.condition.draining) span.set({ 'evenkeel.draining': true });
        if (reply.raw.writableFinished) {
          const { statusCode } = reply.raw;
          span.set({ 'http.response.status_code': statusCode });
        } else if (pod.condition.cutting) span.fail('UNAVAILABLE', cutOff);
        else span.fail('cancelled', 'the caller went away before the answer was sent');
        span.end();
      });
      done();
    });
  });
  app.addHook('onError', (request, _reply, error, done) => {
    // Whose mistake it is decides: what the caller got wrong is no failure of this server (semantic conventions).
    const type = error instanceof StatusError ? error.status : error.name;
    if (type !== 'INVALID_ARGUMENT') spans.get(request)?.fail(type, messageOf(error));
    done();
  });
}
