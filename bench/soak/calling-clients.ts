import { type ClientKind, clientKinds } from '../../interop/driver/clients.ts';
import type { LiveClient, Surroundings } from '../../interop/driver/live-client.ts';
import { answered, failed } from '../../interop/driver/tally.ts';
import { calledService } from './world.ts';

/** Calls of one command, one after the other. */
const callsAtATime = 20;
const pauseMs = 200;
/** Far above what a busy machine makes a call wait for: a call that fails has been lost. */
const deadlineMs = 120_000;
const targets = [`xds:///${calledService}`];

/** gRPC clients of other makers that are on this machine. */
export async function presentKinds(): Promise<{ readonly present: ClientKind[]; readonly missing: string[] }> {
  const present: ClientKind[] = [];
  const missing: string[] = [];
  for (const kind of clientKinds) {
    if (kind.isGateway) continue;
    const why = await kind.missing();
    if (why === undefined) present.push(kind);
    else missing.push(`${kind.id}: ${why}`);
  }
  return { present, missing };
}

/** Calls that clients have made, and those that failed. */
export class Calls {
  made = 0;
  /** Programs that were not up in time. */
  notStarted = 0;
  /** First calls of clients whose first connection had not come about within the deadline; they were made again. */
  slowStarts = 0;
  /** Clients that went before they had a single answer. */
  unanswered = 0;
  failed = 0;
  readonly byClient: Record<string, number> = {};
  readonly failures: Record<string, number> = {};

  /** Starts a client and lets it call until `until`; it goes then. Its channel stays open all the time. */
  async from(kind: ClientKind, surroundings: Surroundings, until: () => boolean): Promise<void> {
    let client: LiveClient;
    try {
      client = await kind.start(surroundings);
    } catch {
      // A program that a busy machine did not let start in time says nothing of the control plane.
      this.notStarted += 1;
      return;
    }
    try {
      if (!(await this.#connected(client, until))) return;
      while (!until()) {
        const tally = await client.process.call(targets, callsAtATime, 'soak', { deadlineMs });
        this.made += callsAtATime;
        this.failed += failed(tally);
        this.byClient[client.version] = (this.byClient[client.version] ?? 0) + answered(tally);
        for (const [why, count] of Object.entries(tally.failures)) {
          this.failures[why] = (this.failures[why] ?? 0) + count;
        }
        await new Promise((resolve) => setTimeout(resolve, pauseMs));
      }
    } finally {
      await client.stop();
    }
  }
  /** Calls count from the first answer on: before it, a program may still be starting on a machine that is busy. */
  async #connected(client: LiveClient, until: () => boolean): Promise<boolean> {
    let tries = 0;
    for (; tries === 0 || !until(); tries++) {
      const tally = await client.process.call(targets, 1, 'first', { deadlineMs, waitForReady: true });
      if (answered(tally) > 0) return true;
      this.slowStarts += 1;
    }
    this.unanswered += 1;
    return false;
  }
}
