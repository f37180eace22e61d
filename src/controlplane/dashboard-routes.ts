import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { Feed } from '../feed/feed.ts';
import { topics } from '../feed/rows.ts';
import type { LiveStreams } from './live-streams.ts';

/** Where `scripts/dashboard.mjs` puts the page: beside this folder, in the sources and in what is published. */
const folder = join(import.meta.dirname, '..', 'dashboard', 'page');

/** What the page is made of, and nothing else of that folder. */
const files: Readonly<Record<string, string>> = {
  'index.html': 'text/html; charset=utf-8',
  'app.js': 'text/javascript; charset=utf-8',
  'app.css': 'text/css; charset=utf-8',
};

/** The page loads its own files, asks its own server, and is in no other page; nothing that is text becomes a script. */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join('; ');

const query = z.object({
  topic: z.enum(topics),
  /** `NAMESPACE/NAME:PORT`, for the topic `service`. */
  port: z.string().max(200).default(''),
});

/** Paths that a link from elsewhere may lead to: without the page's own requests they say nothing. */
export const pagePaths: ReadonlySet<string> = new Set(['/', '/dashboard', '/dashboard/']);

/**
 * The page at `/dashboard/`, its files, and its events at `/dashboard/events`.
 *
 * @param hasLab - whether the page is to show what can be done to the lab
 */
export function addDashboardRoutes(
  app: FastifyInstance,
  feed: Feed | undefined,
  streams: LiveStreams,
  hasLab: boolean,
): void {
  const toPage = { 'content-security-policy': policy, 'referrer-policy': 'no-referrer' };
  app.get('/', async (_request, reply) => reply.redirect('dashboard/'));
  app.get('/dashboard', async (_request, reply) => reply.redirect('dashboard/'));
  for (const [name, type] of Object.entries(files)) {
    app.get(`/dashboard/${name === 'index.html' ? '' : name}`, async (_request, reply) => {
      const body = await readFile(join(folder, name)).catch(() => undefined);
      if (body === undefined)
        return reply.status(404).send({ error: 'the page is not built; node scripts/setup.mjs builds it' });
      const isMarked = hasLab && name === 'index.html';
      const sent = isMarked ? body.toString().replace('<div id="app"', '$& data-lab') : body;
      return reply.headers({ ...toPage, 'content-type': type }).send(sent);
    });
  }
  app.get('/dashboard/events', async (request, reply) => {
    const asked = query.safeParse(request.query);
    if (!asked.success) return reply.status(400).send({ error: z.prettifyError(asked.error) });
    if (feed === undefined) return reply.status(404).send({ error: 'there is nothing to show' });
    if (streams.isFull) return reply.status(503).header('retry-after', '30').send({ error: 'too many pages are open' });
    const { topic, port } = asked.data;
    reply.hijack();
    streams.open(reply.raw, reply.getHeaders(), (stream) =>
      feed.open(topic, port, (make) => stream.send('rows', make)),
    );
    return reply;
  });
}
