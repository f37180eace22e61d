// The process of a fleet; started by fleet.ts, ordered about over IPC.
import { messageOf } from '../../base/errors.ts';
import { runHeader } from '../../probe/client/headers.ts';
import { openClient } from '../../probe/client/open-client.ts';
import { recordOf } from '../../probe/client/record-of.ts';
import { schemes } from '../../probe/index.ts';
import { openLoop } from '../../probe/load/open-loop.ts';
import type { Opened } from '../../probe/measure/opened.ts';
import { bootstrapOption, type FleetCall, type FleetConfig, type FleetMessage, type FleetOrder } from './protocol.ts';

const maxInFlight = 1000;
/** Records are sent together, at most so late. */
const flushMs = 50;

let config: FleetConfig;
let opened: readonly Opened[] = [];
let running: Promise<unknown> = Promise.resolve();
const enough = new AbortController();

function send(message: FleetMessage): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => {});
}

async function open(given: FleetConfig): Promise<void> {
  config = given;
  const { clients, withinMs } = given;
  try {
    opened = await Promise.all(
      clients.map(({ target, bootstrap }) => {
        const scheme = bootstrap === undefined ? schemes['l7-envoy'] : schemes.xds;
        const channelOptions: Record<string, string> =
          bootstrap === undefined ? {} : { [bootstrapOption]: JSON.stringify(bootstrap) };
        return openClient({ scheme, target, channelOptions }, withinMs);
      }),
    );
    send({ type: 'opened' });
  } catch (thrown) {
    send({ type: 'opened', error: messageOf(thrown) });
  }
}

function start(): void {
  let batch: FleetCall[] = [];
  const flush = (): void => {
    if (batch.length > 0) send({ type: 'calls', calls: batch });
    batch = [];
  };
  const flushing = setInterval(flush, flushMs);
  const now = performance.now();
  const loops = opened.map(({ engine }, client) => {
    const { ratePerSecond } = config.clients[client]!;
    const arrivals = { loop: 'open', shape: 'constant', rates: [ratePerSecond], poisson: false } as const;
    engine.mark!([runHeader, 'fleet'], config.deadlineMs);
    // Not all at once: a fleet has no beat.
    const beganAt = now + ((client / opened.length) * 1_000) / ratePerSecond;
    return openLoop(
      {
        engine,
        recorder: {
          due: () => {},
          ended: (call) => void batch.push({ client, ...recordOf(call) }),
        },
        options: {
          ...{ arrivals, warmupMs: 0, durationMs: Number.POSITIVE_INFINITY, maxInFlight, seed: client },
          deadlineMs: config.deadlineMs,
        },
        ...{ beganAt, startedAt: beganAt, signal: new AbortController().signal, enough: enough.signal },
      },
      arrivals,
    );
  });
  running = Promise.all(loops).then(() => {
    clearInterval(flushing);
    flush();
  });
}

process.on('message', (message) => {
  const order = message as FleetOrder;
  if (order.type === 'open') void open(order.config);
  else if (order.type === 'start') start();
  else {
    enough.abort();
    void running.then(() => send({ type: 'stopped' }));
  }
});
process.on('disconnect', () => process.exit(0));
// Ctrl-C reaches the whole foreground group; the parent decides when the clients end.
process.on('SIGINT', () => {});
