/** Turns single results into a state: only so many alike in a row count (Kubernetes' success and failure thresholds). */
export class Threshold {
  readonly #successes: number;
  readonly #failures: number;
  #state: boolean;
  #streak = 0;

  constructor(
    initial: boolean,
    { successThreshold, failureThreshold }: { successThreshold: number; failureThreshold: number },
  ) {
    this.#state = initial;
    this.#successes = successThreshold;
    this.#failures = failureThreshold;
  }

  get passing(): boolean {
    return this.#state;
  }

  /** Takes one result; true if the state changed with it. */
  add(success: boolean): boolean {
    if (success === this.#state) {
      this.#streak = 0;
      return false;
    }
    this.#streak += 1;
    if (this.#streak < (success ? this.#successes : this.#failures)) return false;
    this.#state = success;
    this.#streak = 0;
    return true;
  }
}
