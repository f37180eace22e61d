/** Why a call has no answer that was in flight when its pod's time was over. */
export const cutOff = 'the pod ended before the answer was sent';

/**
 * Whether a pod is alive and wants calls. It starts ready; draining is for good, a failed probe can be taken back.
 */
export class Condition {
  #alive = true;
  #wanted = true;
  #draining = false;
  #cutting = false;
  readonly #observers = new Set<() => void>();

  /** What a liveness probe asks. */
  get alive(): boolean {
    return this.#alive;
  }

  /** What a readiness probe asks. */
  get ready(): boolean {
    return this.#wanted && !this.#draining;
  }

  get draining(): boolean {
    return this.#draining;
  }

  /** Makes a probe fail or pass on purpose. */
  set(probe: 'liveness' | 'readiness', passes: boolean): void {
    if (probe === 'liveness') this.#alive = passes;
    else this.#wanted = passes;
    this.#tell();
  }

  /** Calls that are still in flight are cut off now. */
  get cutting(): boolean {
    return this.#cutting;
  }

  drain(): void {
    this.#draining = true;
    this.#tell();
  }

  cut(): void {
    this.#cutting = true;
  }

  /** Calls `observer` after each change. */
  observe(observer: () => void): void {
    this.#observers.add(observer);
  }

  #tell(): void {
    for (const observer of this.#observers) observer();
  }
}
