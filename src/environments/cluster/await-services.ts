import { promises as dns } from 'node:dns';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { EvenkeelError } from '../../base/errors.ts';

const lookAgainMs = 200;
const connectWithinMs = 1000;

/**
 * Resolves once a name of a headless Service has so many addresses, or exactly these: DNS learns of pods later than the API.
 *
 * @throws EvenkeelError `EK_PROVE_SERVICE`
 */
export async function awaitName(name: string, wanted: number | readonly string[], withinMs: number): Promise<void> {
  const until = performance.now() + withinMs;
  for (;;) {
    const found = await dns.lookup(name, { all: true }).catch((error: NodeJS.ErrnoException) => error.code);
    const addresses = Array.isArray(found) ? found.map(({ address }) => address) : [];
    if (isThere(addresses, wanted)) return;
    if (performance.now() > until) {
      const asked = typeof wanted === 'number' ? `${wanted} addresses` : `the addresses ${wanted.join(', ')}`;
      const seen = Array.isArray(found) ? `${addresses.length} addresses (${addresses.join(', ')})` : found;
      throw new EvenkeelError(
        'EK_PROVE_SERVICE',
        `the name ${name} has not ${asked} after ${withinMs / 1000} s, but ${seen}`,
      );
    }
    await delay(lookAgainMs);
  }
}

function isThere(found: readonly string[], wanted: number | readonly string[]): boolean {
  if (typeof wanted === 'number') return found.length >= wanted;
  return found.length === wanted.length && wanted.every((address) => found.includes(address));
}

/**
 * Resolves once connections to an address are accepted: kube-proxy learns of a Service later than the API.
 *
 * @throws EvenkeelError `EK_PROVE_SERVICE`
 */
export async function awaitConnections(host: string, port: number, withinMs: number): Promise<void> {
  const until = performance.now() + withinMs;
  for (;;) {
    const problem = await tryConnect(host, port);
    if (problem === undefined) return;
    if (performance.now() > until) {
      throw new EvenkeelError(
        'EK_PROVE_SERVICE',
        `${host}:${port} accepts no connection after ${withinMs / 1000} s: ${problem}`,
      );
    }
    await delay(lookAgainMs);
  }
}

function tryConnect(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: connectWithinMs });
    const end = (problem?: string): void => {
      socket.destroy();
      resolve(problem);
    };
    socket.once('connect', () => end());
    socket.once('timeout', () => end('no answer'));
    socket.once('error', (error) => end(error.message));
  });
}
