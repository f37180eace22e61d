import type { FastifyRequest } from 'fastify';

/** `?name=N`; empty where none is given, as in the answers of system A. */
export function nameOf({ query }: FastifyRequest): string {
  const { name } = query as { name?: unknown };
  return typeof name === 'string' ? name : '';
}
