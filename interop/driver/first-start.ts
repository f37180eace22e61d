import { messageOf } from '../../src/base/errors.ts';
import type { ClientId, ClientKind } from './clients.ts';
import type { ControlPlaneLaunch } from './control-plane.ts';
import type { LiveClient } from './live-client.ts';
import { answered, type Tally } from './tally.ts';
import { type Sources, services, World } from './world.ts';

/** Calls that ended the same way, one after the other. */
export interface Phase {
  /** Status and message of a failure; `OK` of a success. */
  readonly status: string;
  readonly calls: number;
  /** When the first of them began, milliseconds after the program was ready for calls. */
  readonly fromMs: number;
  /** How long the first and the slowest of them took. */
  readonly firstMs: number;
  readonly slowestMs: number;
}

/** What a client shows that starts while there is no control plane. */
export interface FirstStart {
  readonly client: ClientId;
  readonly version: string;
  /** Until the program was ready for calls; an Envoy waits for its configuration first. */
  readonly startMs: number;
  /** Calls without wait-for-ready, deadline 1 s, as long as the control plane is away and until three have been answered. */
  readonly phases: readonly Phase[];
  /** From the moment that the control plane was ready to the first answer to such a call. */
  readonly answeredAfterMs: number;
  /** The call with wait-for-ready that was begun at once: how it ended, and when after the control plane was ready. */
  readonly waiting: { readonly status: string; readonly afterMs: number };
}

export interface FirstStartOptions {
  readonly kinds: readonly ClientKind[];
  readonly serve: (sources: Sources) => ControlPlaneLaunch;
  /**
   * `refused`: nothing listens where the control plane should be; `unsynced`: it is there and refuses streams, since it has
   * not heard of a single Service yet.
   */
  readonly away: 'refused' | 'unsynced';
  /** For how long. */
  readonly awayMs: number;
  /** Deadline of the call with wait-for-ready. */
  readonly waitingDeadlineMs: number;
}

/** Time between two calls without wait-for-ready. */
const pauseMs = 100;

/** Starts every client while it has no control plane, and then lets it have one. */
export async function firstStart(options: FirstStartOptions): Promise<FirstStart[]> {
  const { kinds, serve, away, awayMs, waitingDeadlineMs } = options;
  const world = await World.withoutClients(kinds, serve);
  try {
    const { controlPlane, dns } = world;
    await controlPlane.kill();
    if (away === 'unsynced') {
      await controlPlane.launch('dns');
      await controlPlane.alive();
    }
    const ready = Promise.withResolvers<number>();
    const started = kinds.map(async (kind) =>
      observe(kind.id, await timed(() => world.startClient(kind)), ready.promise, waitingDeadlineMs),
    );
    await pause(awayMs);
    dns.answering = true;
    if (away === 'refused') await controlPlane.launch('file');
    await controlPlane.ready();
    ready.resolve(performance.now());
    return await Promise.all(started);
  } finally {
    await world.stop();
  }
}

async function observe(
  client: ClientId,
  { result: live, ms: startMs }: { result: LiveClient; ms: number },
  ready: Promise<number>,
  waitingDeadlineMs: number,
): Promise<FirstStart> {
  const began = performance.now();
  const waiting = call(live, { waitForReady: true, deadlineMs: waitingDeadlineMs }).then(
    async ({ status, endedAt }) => ({
      status,
      afterMs: Math.round(endedAt - (await ready)),
    }),
  );
  const phases: Phase[] = [];
  let firstAnswerAt: number | undefined;
  for (let good = 0; good < 3; ) {
    const { status, ms, endedAt } = await call(live, {});
    if (status === 'OK') {
      good += 1;
      firstAnswerAt ??= endedAt;
    }
    note(phases, status, Math.round(endedAt - ms - began), Math.round(ms));
    await pause(pauseMs);
  }
  const answeredAfterMs = Math.round((firstAnswerAt ?? 0) - (await ready));
  return {
    client,
    version: live.version,
    startMs: Math.round(startMs),
    phases,
    answeredAfterMs,
    waiting: await waiting,
  };
}

function note(phases: Phase[], status: string, fromMs: number, ms: number): void {
  const last = phases.at(-1);
  if (last?.status !== status) {
    phases.push({ status, calls: 1, fromMs, firstMs: ms, slowestMs: ms });
  } else {
    phases[phases.length - 1] = { ...last, calls: last.calls + 1, slowestMs: Math.max(last.slowestMs, ms) };
  }
}

async function call(
  live: LiveClient,
  options: { waitForReady?: boolean; deadlineMs?: number },
): Promise<{ status: string; ms: number; endedAt: number }> {
  const target = `xds:///${services[0]}`;
  const { result, ms } = await timed(() => live.process.call([target], 1, 'first-start', options));
  return { status: statusOf(result), ms, endedAt: performance.now() };
}

function statusOf(tally: Tally): string {
  if (answered(tally) > 0) return 'OK';
  return Object.keys(tally.failures)[0]?.replace(/\d+(?:\.\d+)*(?::\d+)?/g, '#') ?? 'nothing';
}

async function timed<T>(act: () => Promise<T>): Promise<{ result: T; ms: number }> {
  const began = performance.now();
  const result = await act().catch((error: unknown) => {
    throw new Error(messageOf(error), { cause: error });
  });
  return { result, ms: performance.now() - began };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
