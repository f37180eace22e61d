import fastify, { type FastifyInstance } from 'fastify';
import { formatAddress, type ListenAddress, listenError } from '../base/listen-address.ts';

/** What the admin server can be asked. */
export interface AdminSource {
  readiness(): Readiness;
  metrics(): Promise<{ readonly contentType: string; readonly text: string }>;
  configDump(query: DumpQuery): object;
}

export interface Readiness {
  /** Whether xDS streams are accepted; once true it stays true. */
  readonly ready: boolean;
  /** What is being waited for; empty when ready. */
  readonly reasons: readonly string[];
  /** What is wrong although the last good state is served. */
  readonly degraded: readonly string[];
}

export interface DumpQuery {
  /** `NAMESPACE/NAME`: only this Service and the resources of it. */
  readonly service?: string | undefined;
  /** A target as a client would write it behind `xds:///`: the answer says whether it is served, and if not, why. */
  readonly target?: string | undefined;
  /** The namespace that `target` is looked at from; default `default`. */
  readonly namespace?: string | undefined;
  /** Most entries in each list; what is left out is counted. Default 1000. */
  readonly limit: number;
}

const defaultDumpLimit = 1000;

/** A scraper, a dashboard and some people; more sockets than these are a leak or an attack. */
const maxConnections = 128;

/**
 * The admin HTTP server: `/healthz`, `/readyz`, `/metrics`, `/config_dump`. It reads and never changes anything.
 *
 * @throws EvenkeelError `EK_PORT_IN_USE`
 */
export async function startAdminServer(
  address: ListenAddress,
  source: AdminSource,
): Promise<{ readonly host: string; readonly port: number; close(): Promise<void> }> {
  const app = fastify({
    bodyLimit: 1024,
    requestTimeout: 10_000,
    // A keep-alive socket of a scraper must not hold up the end of the process.
    forceCloseConnections: true,
  });
  app.server.maxConnections = maxConnections;
  addRoutes(app, source);
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

/** `http://HOST:PORT`, for people. */
export function adminUrl({ host, port }: { readonly host: string; readonly port: number }): string {
  return `http://${formatAddress(host, port)}`;
}

function addRoutes(app: FastifyInstance, source: AdminSource): void {
  app.get('/healthz', async () => ({ status: 'ok' }));

  app.get('/readyz', async (_request, reply) => {
    const readiness = source.readiness();
    return reply.status(readiness.ready ? 200 : 503).send(readiness);
  });

  app.get('/metrics', async (_request, reply) => {
    const { contentType, text } = await source.metrics();
    return reply.header('content-type', contentType).send(text);
  });

  app.get<{ Querystring: DumpQuery }>(
    '/config_dump',
    {
      schema: {
        querystring: {
          type: 'object',
          properties: {
            service: { type: 'string', maxLength: 130 },
            target: { type: 'string', maxLength: 300 },
            namespace: { type: 'string', maxLength: 63 },
            limit: { type: 'integer', minimum: 1, maximum: 100_000, default: defaultDumpLimit },
          },
        },
      },
    },
    async ({ query }) => source.configDump(query),
  );

  app.setNotFoundHandler(async (_request, reply) =>
    reply.status(404).send({ error: 'not found', paths: ['/healthz', '/readyz', '/metrics', '/config_dump'] }),
  );
}
