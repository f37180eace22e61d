import { messageOf } from '../../src/base/errors.ts';
import type { LiveClient } from './live-client.ts';
import type { Outcome } from './outcome.ts';
import { Watch } from './watch.ts';
import type { World } from './world.ts';

/** Constant calls a second of each client, unless a case says otherwise. */
export const callsPerSecond = 100;

export type Outcomes = ReadonlyMap<LiveClient, Outcome>;

/** One row of the matrix. All clients go through it at the same time, each with an outcome of its own. */
export interface Case {
  readonly id: string;
  readonly title: string;
  /** It changes what cannot be undone, so that it cannot be run again; default false. */
  readonly once?: boolean;
  /** What has to happen long before, while no case runs yet. */
  prepare?(world: World): Promise<void>;
  run(world: World, outcomes: Outcomes): Promise<void>;
}

/**
 * Does something with every client at once; what goes wrong is a problem of that client alone. A client that has a problem
 * already is left alone, since waiting for it would hold up the others.
 */
export async function forEach(
  outcomes: Outcomes,
  act: (client: LiveClient, outcome: Outcome) => Promise<void>,
): Promise<void> {
  await Promise.all(
    [...outcomes]
      .filter(([, { problems }]) => problems.length === 0)
      .map(([client, outcome]) =>
        act(client, outcome).catch((error) => {
          outcome.problems.push(messageOf(error));
        }),
      ),
  );
}

/** What a case does while every client calls at a constant rate. */
export type UnderLoad = (every: (act: (watch: Watch) => Promise<void>) => Promise<void>) => Promise<void>;

/**
 * Lets every client call the targets at {@link callsPerSecond} while `body` goes on; every call of that time counts.
 *
 * The body starts once each client has had its first answers, so that what happens next happens to warm channels.
 */
export async function underLoad(
  { cluster }: World,
  outcomes: Outcomes,
  run: string,
  service: string,
  body: UnderLoad,
): Promise<void> {
  const target = `xds:///${service}`;
  const watches = [...outcomes].map(
    ([client, outcome]) => new Watch(client, client.process.load([target], callsPerSecond, run), outcome),
  );
  const every = async (act: (watch: Watch) => Promise<void>): Promise<void> => {
    await Promise.all(watches.map(act));
  };
  try {
    await every((watch) => watch.reaches('every pod answered', target, cluster.pods(service)));
    await body(every);
  } finally {
    await every((watch) => watch.end().catch((error) => void watch.outcome.problems.push(messageOf(error))));
  }
}
