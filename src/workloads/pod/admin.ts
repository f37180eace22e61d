import type { ServerSettings } from '../common-options.ts';
import { bareServer, listenOn } from '../http/server.ts';
import type { Pod } from './pod.ts';
import type { RunningServer } from './running-server.ts';

/**
 * The admin server beside every workload: `/calls?run=ID`, `/healthz`, `/readyz`, `/metrics`, and
 * `POST /fail?probe=liveness|readiness` and `/recover?probe=…` to see what a failing probe does.
 */
export async function startAdmin(pod: Pod, { host, adminPort }: ServerSettings): Promise<RunningServer> {
  const app = bareServer();
  const probe = (passes: () => boolean) => (_request: unknown, reply: { code(status: number): unknown }) => {
    const passed = passes();
    reply.code(passed ? 200 : 503);
    return { pod: pod.name, status: passed ? 'ok' : pod.condition.draining ? 'draining' : 'failing' };
  };
  app.get(
    '/healthz',
    probe(() => pod.condition.alive),
  );
  app.get(
    '/readyz',
    probe(() => pod.condition.ready),
  );
  app.get<{ Querystring: { run?: string | string[] } }>('/calls', (request, reply) => {
    const { run } = request.query;
    if (typeof run !== 'string' || run === '') return reply.code(400).send({ error: 'say which run: /calls?run=ID' });
    return reply.send({ pod: pod.name, ...pod.ledger.count(run) });
  });
  app.get('/metrics', async (_request, reply) => {
    reply.type(pod.metrics.registry.contentType);
    return pod.metrics.registry.metrics();
  });
  for (const [path, passes] of [
    ['/fail', false],
    ['/recover', true],
  ] as const) {
    app.post<{ Querystring: { probe?: string } }>(path, (request, reply) => {
      const name = request.query.probe;
      if (name !== 'liveness' && name !== 'readiness') {
        return reply.code(400).send({ error: `say which probe: ${path}?probe=liveness or ?probe=readiness` });
      }
      pod.condition.set(name, passes);
      return reply.send({ pod: pod.name, alive: pod.condition.alive, ready: pod.condition.ready });
    });
  }
  return listenOn(app, { host, port: adminPort, field: '--admin-port' });
}
