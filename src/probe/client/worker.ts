// The process that makes the calls of one scheme; started by client-process.ts, ordered about over IPC.
import { messageOf } from '../../base/errors.ts';
import { timeStamp } from '../../base/time-stamp.ts';
import type { CallRecord } from '../../verdict/call-record.ts';
import { openLoop } from '../load/open-loop.ts';
import type { Opened } from '../measure/opened.ts';
import { ConnectionLog } from './connection-log.ts';
import { runHeader } from './headers.ts';
import { loadClient, openClient } from './open-client.ts';
import type { ClientConfig, Message, Order, RunEnd, RunOrder } from './protocol.ts';
import { recordOf } from './record-of.ts';

/** Calls in flight beyond which none is begun; the wait counts towards the latency of the calls that wait. */
const maxInFlight = 1000;
/** Records are sent together, at most so late. */
const flushMs = 20;

const connections = new ConnectionLog();
let config: ClientConfig | undefined;
let client: Opened | undefined;
/** Of the run under way. */
let enough = new AbortController();

function send(message: Message): void {
  // A parent that is gone cannot be told; `disconnect` ends this process.
  if (process.connected) process.send?.(message, undefined, undefined, () => {});
}

async function configure(given: ClientConfig): Promise<void> {
  config = given;
  await loadClient(given.scheme);
  send({ type: 'configured' });
}

async function open(withinMs: number): Promise<void> {
  client?.engine.close();
  await client?.close();
  try {
    client = await openClient(config!, withinMs);
    send({ type: 'opened' });
  } catch (thrown) {
    send({ type: 'opened', error: messageOf(thrown) });
  }
}

async function run(order: RunOrder): Promise<void> {
  const { run, ratePerSecond, deadlineMs, calls, untilAnswered, withinMs = Number.POSITIVE_INFINITY } = order;
  const arrivals = { loop: 'open', shape: 'constant', rates: [ratePerSecond], poisson: false } as const;
  const waitingFor = new Set(untilAnswered);
  const peers = new Set<string>();
  let batch: CallRecord[] = [];
  const flush = (): void => {
    if (batch.length > 0) send({ type: 'calls', calls: batch });
    batch = [];
  };
  const flushing = setInterval(flush, flushMs);
  const { engine } = client!;
  engine.mark!([runHeader, run], deadlineMs);
  connections.forgetClosed();
  const startedAt = timeStamp();
  const cpuBefore = process.cpuUsage();

  const current = new AbortController();
  enough = current;
  const beganAt = performance.now();
  const { begun: made } = await openLoop(
    {
      engine,
      recorder: {
        due: () => {},
        ended(call) {
          const record = recordOf(call);
          const { status, pod, peer } = record;
          batch.push(record);
          if (status !== 'OK') return;
          if (peer !== undefined) peers.add(peer);
          if (untilAnswered === undefined) return;
          // Who answers without a name will never be the one that is waited for.
          if (pod === undefined || (waitingFor.delete(pod) && waitingFor.size === 0)) current.abort();
        },
      },
      options: { arrivals, warmupMs: 0, durationMs: withinMs, deadlineMs, calls, maxInFlight, seed: 0 },
      ...{ beganAt, startedAt: beganAt, signal: new AbortController().signal, enough: current.signal },
    },
    arrivals,
  );
  clearInterval(flushing);
  flush();
  const endedAt = timeStamp();
  const cpu = process.cpuUsage(cpuBefore);
  const end: RunEnd = {
    run,
    calls: made,
    connections: connections.count(peers, startedAt, endedAt),
    opened: connections.opened(peers, startedAt, endedAt),
    cpuMs: (cpu.user + cpu.system) / 1000,
  };
  send({ type: 'ended', end });
}

process.on('message', (message) => {
  const order = message as Order;
  if (order.type === 'configure') void configure(order.config);
  else if (order.type === 'open') void open(order.withinMs);
  else if (order.type === 'run') void run(order.order);
  else if (order.type === 'stop') enough.abort();
  else process.exit(0);
});
process.on('disconnect', () => process.exit(0));
// Ctrl-C reaches the whole foreground group; the parent decides when the clients end.
process.on('SIGINT', () => {});
connections.start();
