import type { LiveClient } from './live-client.ts';
import type { Load } from './load.ts';
import type { Outcome } from './outcome.ts';
import { answered, podsOf, since, type Tally } from './tally.ts';

/** The longest that a step may take; generous, since a gRPC client waits seconds between two tries to reach a server. */
const stepTimeoutMs = 40_000;

/** One client under load in a case. */
export class Watch {
  readonly client: LiveClient;
  readonly outcome: Outcome;
  readonly #load: Load;

  constructor(client: LiveClient, load: Load, outcome: Outcome) {
    this.client = client;
    this.#load = load;
    this.outcome = outcome;
  }

  /** Waits until calls to the target reached every one of these pods since the load began. */
  async reaches(what: string, target: string, pods: readonly string[]): Promise<void> {
    const all = new Set(pods);
    await this.#step(what, (tally) => all.isSubsetOf(podsOf(tally, target)));
  }

  /** Waits for 50 calls in a row that reach none of these pods. */
  async avoids(what: string, target: string, pods: readonly string[]): Promise<void> {
    const left = new Set(pods);
    let from = this.#load.tally;
    await this.#step(what, (tally) => {
      const recent = since(from, tally);
      if (!podsOf(recent, target).isDisjointFrom(left)) from = tally;
      return answered(since(from, tally)) >= 50;
    });
  }

  /** Waits until calls to the target reach every one of these pods from now on. */
  async returnsTo(what: string, target: string, pods: readonly string[]): Promise<void> {
    const all = new Set(pods);
    const from = this.#load.tally;
    await this.#step(what, (tally) => all.isSubsetOf(podsOf(since(from, tally), target)));
  }

  /** Waits for so many more answers, whoever gives them. */
  async answers(what: string, count: number): Promise<void> {
    const from = this.#load.tally;
    await this.#step(what, (tally) => answered(since(from, tally)) >= count);
  }

  /** A client that missed a step is not waited for again: the case has failed for it, and others may be waiting. */
  async #step(what: string, test: (tally: Tally) => boolean): Promise<void> {
    if (this.outcome.problems.length > 0) return;
    const ms = await this.#load.until(test, stepTimeoutMs);
    this.outcome.step(what, ms, stepTimeoutMs);
  }

  /** Ends the load; its calls and failures go into the outcome. */
  async end(): Promise<void> {
    this.outcome.expectNoFailure(await this.#load.stop());
  }
}
