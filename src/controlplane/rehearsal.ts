import { connect, type Socket } from 'node:net';
import { typeUrls } from '@evenkeel/xds';
import { pino } from 'pino';
import type { ListenAddress } from '../base/listen-address.ts';
import { canonicalName } from '../translate/targets.ts';
import type { Config } from './config.ts';
import { ControlPlane, type ControlPlaneOptions } from './control-plane.ts';
import { RehearsedClient } from './rehearsed-client.ts';
import { type RehearsedSource, rehearsed, rehearsedFile, rehearsedSlices } from './rehearsed-source.ts';

/** So many clients come, and see so many changes: each function runs some thousand times, which is when V8 has compiled it. */
const clients = 64;
const changes = 12;
const cluster = canonicalName(rehearsed, rehearsed.port);
const resources = [
  [typeUrls.listener, `${rehearsed.name}.${rehearsed.namespace}:${rehearsed.port}`],
  [typeUrls.route, cluster],
  [typeUrls.cluster, cluster],
  [typeUrls.endpoint, cluster],
] as const;

/** A source of the kind that most Services will come from. */
export function rehearsalOf({ discovery }: Pick<Config, 'discovery'>): RehearsedSource {
  return discovery.kubernetes.enabled ? rehearsedSlices() : rehearsedFile();
}

/**
 * Serves clients of its own, by a control plane of their own on a port of loopback that nobody is told, and ends all of it. After a
 * restart the whole fleet comes at once, to code that has never run: JavaScript that is compiled while it is needed takes several
 * times as long, and so does a change that comes once a minute. Nothing of it is seen elsewhere: no metric, no line in the log of what
 * happens in it, no resource.
 *
 * @param source - as the one that Services will come from
 * @param options - those by which clients will be served
 * @param limitMs - on a busy machine it ends after so long; clients are served all the same
 * @returns how many changes all its clients had
 */
export async function rehearse(
  source: RehearsedSource,
  options: Pick<ControlPlaneOptions, 'load' | 'version' | 'clusterDomain'>,
  limitMs = 1_000,
): Promise<number> {
  const controlPlane = new ControlPlane({
    ...options,
    sources: [{ name: source.discovery.kind, discovery: source.discovery }],
    health: { intervalMs: 60_000, timeoutMs: 1_000, rise: 1, fall: 1, jitter: 0 },
    log: pino({ level: 'silent' }),
  });
  const sockets: Socket[] = [];
  let had = 0;
  let isOver = false;
  const play = async ({ host, port }: ListenAddress): Promise<void> => {
    await controlPlane.whenReady;
    if (isOver) return;
    const fleet = Array.from({ length: clients }, (_, index) => {
      const socket = connect({ host, port, noDelay: true });
      sockets.push(socket);
      return new RehearsedClient(socket, `rehearsal-${index}`, resources);
    });
    await Promise.all(fleet.map((client) => client.has(0)));
    for (; had < changes; had++) {
      source.change(had + 1);
      await Promise.all(fleet.map((client) => client.has(had + 1)));
    }
  };
  const over = Promise.withResolvers<void>();
  const timer = setTimeout(over.resolve, limitMs);
  try {
    const address = await controlPlane.start({ host: '127.0.0.1', port: 0 });
    await Promise.race([play(address), over.promise]);
  } catch {
    // What cannot be rehearsed is done for the first time when it is needed.
  } finally {
    isOver = true;
    for (const socket of sockets) socket.destroy();
    await controlPlane.stop();
    clearTimeout(timer);
  }
  return had;
}
