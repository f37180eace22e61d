import { once } from 'node:events';
import type { Socket } from 'node:net';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { messageOf } from '../../base/errors.ts';
import { formatAddress, listenError } from '../../base/listen-address.ts';
import { httpStatusOf } from '../grpc-status.ts';
import { StatusError } from '../pod/faults.ts';
import { headers, type Pod } from '../pod/pod.ts';
import type { RunningServer } from '../pod/running-server.ts';
import { traceRequests } from '../tracing/trace-requests.ts';
import { tracer } from '../tracing/tracer.ts';
import { UpstreamError } from '../upstream/error.ts';

/** Answers by path; a string is sent as text, anything else as JSON. */
export type Routes = Readonly<Record<string, (request: FastifyRequest, reply: FastifyReply) => unknown>>;

/** Nothing here reads a body; the bound is for those who send one all the same. */
const bodyLimitBytes = 64 * 1024;

/** A request that takes longer to arrive holds a connection for nothing. */
const requestTimeoutMs = 30_000;

/**
 * An HTTP server whose answers name the pod, are counted by run, and are slow or fail as the pod's faults say.
 *
 * fastify costs about 30 ms of start-up against bare `node:http`, measured with a warm compile cache.
 *
 * @throws EvenkeelError `EK_PORT_IN_USE`
 */
export async function startHttpServer(
  pod: Pod,
  listen: { readonly host: string; readonly port: number; readonly field?: string },
  routes: Routes,
): Promise<RunningServer> {
  const app = bareServer();
  const traces = tracer();
  if (traces !== undefined) traceRequests(app, traces, pod);
  app.addHook('onRequest', async (request, reply) => {
    reply.header(headers.pod, pod.name);
    // A kept-alive connection would otherwise be cut under a client that is about to use it again.
    if (pod.condition.draining) reply.header('connection', 'close');
    if (request.is404) return;
    pod.ledger.record(one(request.headers[headers.run]), request.raw.socket);
    const gone = new AbortController();
    reply.raw.once('close', () => gone.abort());
    await pod.faults.apply(one(request.headers[headers.latency]), gone.signal);
  });
  // Before the answer leaves, so that who has it finds it counted.
  app.addHook('onSend', async (request, reply) => {
    if (!request.is404) pod.metrics.count(one(request.headers[headers.source]), String(reply.statusCode));
  });
  app.setErrorHandler((error, _request, reply) => {
    if (reply.raw.destroyed) return reply.hijack();
    if (error instanceof UpstreamError) return reply.code(error.httpStatus).send(error.toJSON());
    const status = error instanceof StatusError ? httpStatusOf(error.status) : 500;
    if (!(error instanceof StatusError)) pod.log.error({ err: error }, 'request failed');
    return reply.code(status).send({ error: messageOf(error) });
  });
  for (const [path, answer] of Object.entries(routes)) app.get(path, answer);
  return listenOn(app, listen, () => pod.condition.cut());
}

/** A fastify instance with the bounds that all our servers share and JSON answers for unknown paths. */
export function bareServer(): FastifyInstance {
  // While closing, a request that is already on its way is answered, not refused.
  const app = fastify({
    bodyLimit: bodyLimitBytes,
    requestTimeout: requestTimeoutMs,
    return503OnClosing: false,
    exposeHeadRoutes: false,
  });
  app.setNotFoundHandler((request, reply) =>
    reply.code(404).send({ error: `nothing answers ${request.method} ${request.url.split('?')[0]}` }),
  );
  return app;
}

/**
 * Starts the listener; it stops by letting answers in flight finish.
 *
 * @param onCut - called before those that take too long are cut off
 */
export async function listenOn(
  app: FastifyInstance,
  { host, port, field = '--port' }: { readonly host: string; readonly port: number; readonly field?: string },
  onCut: () => void = () => {},
): Promise<RunningServer> {
  try {
    await app.listen({ host, port });
  } catch (cause) {
    await app.close();
    throw listenError(cause, { host, port }, field);
  }
  const open = new Set<Socket>();
  app.server.on('connection', (socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  const bound = app.server.address();
  const boundPort = typeof bound === 'object' && bound !== null ? bound.port : port;
  return {
    address: formatAddress(host, boundPort),
    async stop(graceMs) {
      let clean = true;
      const cut = setTimeout(() => {
        clean = false;
        onCut();
        app.server.closeAllConnections();
      }, graceMs);
      await app.close();
      clearTimeout(cut);
      // A server counts as closed a moment before what was cut off hears of it, and its spans end.
      await Promise.all([...open].map((socket) => once(socket, 'close')));
      return clean;
    },
  };
}

/** The first value of a header that may come more than once. */
export function one(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === 'string' ? value : value?.[0];
}
