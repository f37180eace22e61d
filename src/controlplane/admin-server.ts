import type { IncomingHttpHeaders } from 'node:http';
import fastify, { type FastifyInstance } from 'fastify';
import { z } from 'zod';
import { isLoopback, type ListenAddress, listenError } from '../base/listen-address.ts';
import type { Feed } from '../feed/feed.ts';
import type { LoadView } from '../load/load-view.ts';
import { AnswerTurns } from './answer-turns.ts';
import { addDashboardRoutes, pagePaths } from './dashboard-routes.ts';
import type { ExplainQuery } from './explain-view.ts';
import { addLabRoutes, type LabControls } from './lab-routes.ts';
import { LiveStreams } from './live-streams.ts';
import { sendLoadEvents } from './load-events.ts';
import { LongAnswers } from './long-answers.ts';
import { refusePipelines, SingleResponse } from './single-requests.ts';
import { SocketPlaces } from './socket-places.ts';

/** What the admin server can be asked. */
export interface AdminSource {
  readiness(): Readiness;
  metrics(): Promise<{ readonly contentType: string; readonly text: string }>;
  configDump(query: DumpQuery): object;
  /** Every client and how far it is, at most so many. */
  clients(limit: number): object;
  /** All that is known about a target. */
  explain(query: ExplainQuery): object;
  /** What clients report; undefined where they are not asked. */
  load?(): LoadView | undefined;
  /** Calls the observer about once a second; returns what ends it. */
  observeLoad?(observer: (view: LoadView) => void): () => void;
  /** What the page shows. */
  readonly feed?: Feed | undefined;
}

export interface Readiness {
  /** Whether xDS streams are accepted; once true it stays true. */
  readonly ready: boolean;
  /** What is being waited for; empty when ready. */
  readonly reasons: readonly string[];
  /** What is wrong although the last good state is served. */
  readonly degraded: readonly string[];
  /** How old the last word of each source is, where it says so. */
  readonly sources?: readonly SourceAge[] | undefined;
}

export interface SourceAge {
  readonly name: string;
  /** Milliseconds; a source that is silent may have nothing to say, or may not see any more. */
  readonly lastWordAgeMs: number;
}

/** Not a JSON schema of fastify: compiling one takes longer than everything else that the server does at its start. */
const dumpQuery = z.object({
  /** `NAMESPACE/NAME`: only this Service and the resources of it. */
  service: z.string().max(130).optional(),
  /** A target as a client would write it behind `xds:///`: the answer says whether it is served, and if not, why. */
  target: z.string().max(300).optional(),
  /** The namespace that `target` is looked at from. */
  namespace: z.string().max(63).default('default'),
  /** Most entries in each list; the totals tell what is left out. */
  limit: z.coerce.number().int().min(1).max(100_000).default(1000),
});

const clientsQuery = z.object({ limit: z.coerce.number().int().min(1).max(100_000).default(10_000) });

const explainQuery = z.object({
  target: z.string().min(1).max(300),
  namespace: z.string().max(63).optional(),
  from: z.string().max(300).optional(),
  limit: z.coerce.number().int().min(1).max(100_000).default(1000),
});

export type DumpQuery = z.output<typeof dumpQuery>;

/** A scraper, a dashboard and some people; where more sockets come, those that do nothing go. */
const maxConnections = 128;

/** What a kubelet and a scraper need, and what tells nothing that they should not know. */
const forEverybody: ReadonlySet<string> = new Set(['/healthz', '/readyz', '/metrics']);

/** What can be long. */
const longPaths: ReadonlySet<string> = new Set(['/metrics', '/config_dump', '/clients', '/explain', '/load']);

/** What there is to ask for. */
const paths = ['/healthz', '/readyz', '/metrics', '/config_dump', '/clients', '/explain', '/load', '/dashboard/'];

const probes: ReadonlySet<string> = new Set(['/healthz', '/readyz']);

export interface AdminServerOptions {
  /**
   * Who gets the paths that say more: callers on loopback (a `kubectl port-forward` comes from there), the default, or
   * everybody who can reach the server.
   */
  readonly debug?: 'loopback' | 'anywhere' | undefined;
  /** The lab that the control plane runs in, which the page then controls. Default: none, nothing is ever changed. */
  readonly lab?: LabControls | undefined;
}

/**
 * The admin HTTP server: `/healthz`, `/readyz`, `/metrics`, `/config_dump`, `/clients`, `/explain`, `/load`, and the page at
 * `/dashboard/`. It reads and never changes anything, unless it is handed a lab.
 *
 * @throws EvenkeelError `EK_PORT_IN_USE`
 */
export async function startAdminServer(
  address: ListenAddress,
  source: AdminSource,
  options: AdminServerOptions = {},
): Promise<{ readonly host: string; readonly port: number; close(): Promise<void> }> {
  const app = adminApp(source, options);
  try {
    await app.listen(address);
  } catch (cause) {
    await app.close();
    throw listenError(cause, address, '--admin-listen');
  }
  const bound = app.server.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : address.port;
  return { host: address.host, port, close: () => app.close() };
}

/** The server before it listens. */
export function adminApp(source: AdminSource, { debug = 'loopback', lab }: AdminServerOptions = {}): FastifyInstance {
  const app = fastify({
    http: { ServerResponse: SingleResponse },
    bodyLimit: 1024,
    requestTimeout: 10_000,
    // A keep-alive socket of a scraper must not hold up the end of the process.
    forceCloseConnections: true,
  });
  refusePipelines(app);
  const streams = keepPlaces(app);
  addSafeHeaders(app);
  keepToLocalNames(app);
  if (debug === 'loopback') keepToLoopback(app);
  addRoutes(app, source, streams);
  addDashboardRoutes(app, source.feed, streams, lab !== undefined);
  if (lab !== undefined) addLabRoutes(app, lab);
  return app;
}

function pathOf(url: string): string {
  return url.split('?', 1)[0]!;
}

/** However many sockets are open, who comes is served: a probe that is not answered restarts the pod. */
function keepPlaces(app: FastifyInstance): LiveStreams {
  const places = new SocketPlaces(maxConnections);
  app.server.on('connection', (socket) => places.take(socket));
  const answers = new LongAnswers((socket, isUnderWay) => places.setBusy(socket, isUnderWay));
  const turns = new AnswerTurns();
  // After the request is there in full: one that does not end keeps no place.
  app.addHook('preHandler', async ({ raw, routeOptions, headers }, reply) => {
    const { url = '' } = routeOptions;
    if (!longPaths.has(url) || (url === '/load' && wantsEvents(headers))) return;
    await turns.next();
    if (!answers.begin(raw.socket, reply.raw)) return reply.hijack();
  });
  return new LiveStreams((socket, isOpen) => places.setBusy(socket, isOpen));
}

/** Events are a stream, of which {@link LiveStreams} bounds number and memory. */
function wantsEvents({ accept = '' }: IncomingHttpHeaders): boolean {
  return /\btext\/event-stream\b/.test(accept);
}

/** No answer is for a browser to guess the type of, to keep, or to give to the page of somebody else. */
function addSafeHeaders(app: FastifyInstance): void {
  app.addHook('onRequest', async (_request, reply) => {
    reply.headers({
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
      'cross-origin-resource-policy': 'same-origin',
    });
  });
}

/**
 * A page in a browser on this host can send requests to loopback, under any name that its owner lets resolve there (DNS
 * rebinding): what comes by loopback has to name it, and to come from no other page.
 */
function keepToLocalNames(app: FastifyInstance): void {
  app.addHook('onRequest', async ({ url, socket, headers, raw }, reply) => {
    if (probes.has(pathOf(url)) || !isLoopback(socket.remoteAddress ?? '')) return;
    const { origin } = headers;
    const host = hostOf(url, raw.rawHeaders);
    const isForeign = headers['sec-fetch-site'] === 'cross-site' || headers['sec-fetch-site'] === 'same-site';
    // A link in a chat, or the way back from a login.
    const isLink = pagePaths.has(pathOf(url)) && headers['sec-fetch-dest'] === 'document';
    if (isLocalName(host) && (origin === undefined || isLocalOrigin(origin)) && (!isForeign || isLink)) return;
    return reply
      .status(403)
      .send({ error: 'only for callers who name localhost, 127.0.0.1 or [::1], and for no page' });
  });
}

/** An address in the first line goes before the header, of which there is one (RFC 9112, 3.2). */
function hostOf(url: string, rawHeaders: readonly string[]): string {
  if (!url.startsWith('/')) return URL.parse(url)?.host ?? '';
  const hosts = rawHeaders.filter((_, index) => rawHeaders[index - 1]?.toLowerCase() === 'host' && index % 2 === 1);
  return hosts.length === 1 ? hosts[0]! : '';
}

function isLocalName(host: string): boolean {
  const name = host
    .replace(/:\d{1,5}$/, '')
    .replace(/^\[(.*)\]$/, '$1')
    .toLowerCase();
  return isLoopback(name) || name.endsWith('.localhost');
}

function isLocalOrigin(origin: string): boolean {
  return /^https?:\/\//.test(origin) && isLocalName(origin.replace(/^https?:\/\//, ''));
}

/** By the address of the socket: what a header says of where a request came from anybody can write. */
function keepToLoopback(app: FastifyInstance): void {
  app.addHook('onRequest', async (request, reply) => {
    if (forEverybody.has(pathOf(request.url)) || isLoopback(request.socket.remoteAddress ?? '')) return;
    const error =
      'only for callers on loopback; --admin-debug anywhere opens it, kubectl port-forward comes from there';
    return reply.status(403).send({ error });
  });
}

function addRoutes(app: FastifyInstance, source: AdminSource, streams: LiveStreams): void {
  app.get('/healthz', async () => ({ status: 'ok' }));

  app.get('/readyz', async (_request, reply) => {
    const readiness = source.readiness();
    return reply.status(readiness.ready ? 200 : 503).send(readiness);
  });

  app.get('/metrics', async (_request, reply) => {
    const { contentType, text } = await source.metrics();
    return reply.header('content-type', contentType).send(text);
  });

  app.get('/config_dump', async (request, reply) => {
    const query = dumpQuery.safeParse(request.query);
    if (!query.success) return reply.status(400).send({ error: z.prettifyError(query.error) });
    return source.configDump(query.data);
  });

  app.get('/clients', async (request, reply) => {
    const query = clientsQuery.safeParse(request.query);
    if (!query.success) return reply.status(400).send({ error: z.prettifyError(query.error) });
    return source.clients(query.data.limit);
  });

  app.get('/explain', async (request, reply) => {
    const query = explainQuery.safeParse(request.query);
    if (!query.success) return reply.status(400).send({ error: z.prettifyError(query.error) });
    return source.explain(query.data);
  });

  app.get('/load', async (request, reply) => {
    const view = source.load?.();
    if (view === undefined) {
      return reply.status(404).send({ error: 'clients are not asked for load reports; --load-reports does that' });
    }
    if (!wantsEvents(request.headers)) return view;
    if (streams.isFull)
      return reply.status(503).header('retry-after', '30').send({ error: 'too many streams are open' });
    reply.hijack();
    streams.open(reply.raw, reply.getHeaders(), (stream) =>
      sendLoadEvents(stream, view, (observer) => source.observeLoad?.(observer) ?? (() => {})),
    );
    return reply;
  });

  app.setNotFoundHandler(async (_request, reply) => reply.status(404).send({ error: 'not found', paths }));
}
