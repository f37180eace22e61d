import { messageOf } from '../../src/base/errors.ts';
import type { Case } from './case.ts';
import { settledComplaints } from './client-state.ts';
import { exceptionFor } from './conformance.ts';
import type { LiveClient } from './live-client.ts';
import type { Cell } from './matrix.ts';
import { Outcome } from './outcome.ts';
import type { World } from './world.ts';

export const attempts = 3;

/** A standstill from which on calls with a deadline of a second say more about the machine than about a client. */
const stallLimitMs = 300;

/**
 * Runs one case for all clients at once.
 *
 * If calls were too slow and nothing else was wrong, and the machine did not let the backends or the driver run for
 * {@link stallLimitMs} meanwhile, the case is run again, and the cell says how often.
 */
export async function runCase(world: World, one: Case, onProgress: (line: string) => void): Promise<Cell[]> {
  const documented: Cell[] = world.clients.flatMap(({ id }) => {
    const reason = exceptionFor(id, one.id)?.reason;
    return reason === undefined ? [] : [{ client: id, case: one.id, status: 'documented', reason }];
  });
  const able = world.clients.filter(({ id }) => !documented.some(({ client }) => client === id));
  for (let attempt = 1; ; attempt++) {
    const { outcomes, stallMs } = await runOnce(world, one, able);
    if (!isExcused([...outcomes.values()], stallMs) || one.once || attempt === attempts) {
      const cells = [...outcomes].map(([{ id }, outcome]) => ({
        client: id,
        case: one.id,
        attempt,
        ...outcome.toJSON(),
      }));
      return [...cells, ...documented];
    }
    onProgress(`the machine stood still for ${Math.round(stallMs)} ms, running it again`);
  }
}

/** Whether something went wrong, and the machine is to blame for all of it. */
export function isExcused(outcomes: readonly Outcome[], stallMs: number): boolean {
  const failed = outcomes.filter(({ problems }) => problems.length > 0);
  return failed.length > 0 && failed.every(({ onlyTooSlow }) => onlyTooSlow) && stallMs >= stallLimitMs;
}

async function runOnce(
  world: World,
  one: Case,
  clients: readonly LiveClient[],
): Promise<{ outcomes: ReadonlyMap<LiveClient, Outcome>; stallMs: number }> {
  const outcomes = new Map(clients.map((client) => [client, new Outcome()]));
  await world.stallMs();
  try {
    await one.run(world, outcomes);
  } catch (error) {
    for (const outcome of outcomes.values()) outcome.problems.push(messageOf(error));
  }
  const stallMs = await world.stallMs();
  await world.restore();
  await Promise.all(
    [...outcomes].map(async ([client, outcome]) => {
      const complaints = await settledComplaints(client, world.controlPlane, world.missingServices).catch((error) => [
        messageOf(error),
      ]);
      outcome.problems.push(...complaints);
    }),
  );
  return { outcomes, stallMs };
}
