import { randomUUID } from 'node:crypto';
import { type Client, credentials, Client as GrpcClient } from '@grpc/grpc-js';
import type { Check } from './check.ts';
import { acknowledgementChecks } from './checks/acknowledgements.ts';
import { orderChecks } from './checks/order.ts';
import { stateChecks } from './checks/state.ts';
import { subscriptionChecks } from './checks/subscriptions.ts';
import type { Driver } from './driver.ts';
import { CheckFailure, messageOf, RunBroke, Unsupported } from './outcome.ts';
import { type ParagraphId, paragraphs } from './paragraphs.ts';
import { Scene, type Timing } from './scene.ts';

const order = Object.keys(paragraphs) as ParagraphId[];

/** Every check, in the order of the protocol's paragraphs. */
export const checks: readonly Check[] = [
  ...acknowledgementChecks,
  ...subscriptionChecks,
  ...stateChecks,
  ...orderChecks,
].sort((one, other) => order.indexOf(one.paragraph) - order.indexOf(other.paragraph));

export type Outcome = 'held' | 'failed' | 'unsupported';

export interface CheckResult {
  readonly check: Check;
  readonly outcome: Outcome;
  /** Of what did not hold: what the server did. */
  readonly detail?: string;
}

/**
 * Tries rules on a server: all at once where each node has a state of its own, else one after the other.
 *
 * @param server - `HOST:PORT`, plaintext HTTP/2
 * @throws RunBroke where the server cannot be reached or the driver fails
 */
export async function runChecks(
  driver: Driver,
  server: string,
  some: readonly Check[],
  timing: Timing,
): Promise<CheckResult[]> {
  const run = randomUUID().slice(0, 8);
  if (!driver.isShared) return await Promise.all(some.map((check) => runCheck(driver, server, check, run, timing)));
  const results: CheckResult[] = [];
  for (const check of some) results.push(await runCheck(driver, server, check, run, timing));
  return results;
}

async function connect(server: string, patienceMs: number): Promise<Client> {
  // A pool of its own: a connection that stays open would be that of the next run.
  const client = new GrpcClient(server, credentials.createInsecure(), {
    'grpc.use_local_subchannel_pool': 1,
    'grpc.max_receive_message_length': -1,
    'grpc.enable_retries': 0,
  });
  await new Promise<void>((resolve, reject) => {
    client.waitForReady(Date.now() + patienceMs, (error) => {
      if (error === undefined) return resolve();
      client.close();
      reject(new RunBroke(`${server} cannot be reached within ${patienceMs} ms: is it plaintext gRPC?`));
    });
  });
  return client;
}

async function runCheck(
  driver: Driver,
  server: string,
  check: Check,
  run: string,
  timing: Timing,
): Promise<CheckResult> {
  // A connection of its own: a server may bound the streams of one, and what is beyond that waits, as if it were not answered.
  const client = await connect(server, timing.patienceMs);
  const scene = new Scene(driver, client, `conformance-${run}-${check.id}`, timing);
  try {
    await check.run(scene);
    return { check, outcome: 'held' };
  } catch (error) {
    if (error instanceof CheckFailure) return { check, outcome: 'failed', detail: messageOf(error) };
    if (error instanceof Unsupported) return { check, outcome: 'unsupported', detail: messageOf(error) };
    throw error;
  } finally {
    await scene.close().finally(() => client.close());
  }
}
