import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { until } from '../support/until.ts';
import { describe, difference, type LoadClient, sum, type Tally } from './load-client.ts';
import { readyPods, readySince, type Stage, target } from './stage.ts';

const ratePerSecond = 200;
/** Of clients that call beside those; at the rate of the others two processors would have enough to do with calls alone. */
const besideRatePerSecond = 50;
/** A machine that starts pods answers late; what is asked is whether calls are lost. */
const deadlineMs = 10_000;
/** How often something is done where what went wrong was the machine. */
const mostAttempts = 3;

export function tallies(clients: readonly LoadClient[]): Promise<Tally[]> {
  return Promise.all(clients.map((client) => client.tally()));
}

/** Lets clients call, from now on; resolves once they reach every backend. */
export async function begin(stage: Stage, clients: readonly LoadClient[], called = target): Promise<void> {
  const rate = clients === stage.clients ? ratePerSecond : besideRatePerSecond;
  await Promise.all(clients.map((client) => client.begin(called, rate, deadlineMs)));
  await reached(stage, clients);
}

/** Resolves once no call has failed for as long as a call may take: what fails from then on began to wait after now. */
export async function calm(clients: readonly LoadClient[]): Promise<void> {
  let last = await tallies(clients);
  let since = performance.now();
  await until('no call fails for the length of a deadline', async () => {
    const now = await tallies(clients);
    if (now.some((tally, index) => sum(difference(last[index]!, tally).failures) > 0)) since = performance.now();
    last = now;
    return performance.now() - since > deadlineMs ? true : undefined;
  });
}

/** Resolves once every client has been answered, from now on, by every backend that is ready now. */
export async function reached(stage: Stage, clients = stage.clients, withinMs?: number): Promise<void> {
  const since = await tallies(clients);
  const pods = await readyPods(stage.kubectl);
  await until(
    `every client reaches ${pods.join(', ')}`,
    async () => {
      const now = await tallies(clients);
      const all = now.every((tally, index) => {
        const { answers } = difference(since[index]!, tally);
        return pods.every((pod) => answers.has(pod));
      });
      return all ? true : undefined;
    },
    undefined,
    withinMs,
  );
}

/**
 * Makes something happen while the clients call; afterwards they must reach every backend and have lost no call.
 *
 * A machine that lets nobody run for the length of a deadline loses calls that nothing else is wrong with. Where all that
 * were lost were too slow, it is done again; what loses calls every time is found by that too.
 *
 * @param mostLost - share of the calls that a client may lose where some clients are known to
 */
export async function withoutLoss(
  t: TestContext,
  stage: Stage,
  happen: () => Promise<void>,
  mostLost = 0,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const start = await tallies(stage.clients);
    const readyBefore = await readySince(stage.kubectl);
    const began = performance.now();
    await happen();
    const tookMs = performance.now() - began;
    await reached(stage);
    const readyAfter = await readySince(stage.kubectl);
    const seen = (await tallies(stage.clients)).map((now, index) => difference(start[index]!, now));
    const lines = seen.map((counted, index) => inWords(stage.clients[index]!, counted));
    t.diagnostic(`${(tookMs / 1000).toFixed(1)} s; ${lines.join('; ')}`);
    const lost = seen.flatMap(({ failures }) => [...failures.keys()]);
    const onlySlow = lost.length > 0 && lost.every((message) => message.startsWith('DEADLINE_EXCEEDED'));
    if (readyAfter !== readyBefore) {
      t.diagnostic(`Kubernetes gave machines up meanwhile: ready since ${readyBefore} then ${readyAfter}`);
    }
    if (onlySlow && attempt < mostAttempts) continue;
    for (const [index, { answers, failures }] of seen.entries()) {
      assert.ok(sum(failures) <= mostLost * (sum(answers) + sum(failures)), lines[index]!);
    }
    for (const { answers } of seen) assert.ok(sum(answers) > 0, lines.join('; '));
    return;
  }
}

/** What a client counted. */
export function inWords({ pod }: LoadClient, { answers, failures }: Tally): string {
  return `${pod}: ${sum(answers)} answered, ${sum(failures)} failed ${describe(failures)}`.trimEnd();
}
