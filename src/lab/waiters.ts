import type { EvenkeelError } from '../base/errors.ts';

/** What is waited for. */
export interface Awaited {
  /** Whether it has come about. */
  readonly test: () => boolean;
  /** Why it never will, or, asked with `final` when the time is up, why it has not. */
  readonly problem: (final: boolean) => EvenkeelError | undefined;
  readonly timeoutMs: number;
}

/** Those who wait for something to come about; looked at again after every change. */
export class Waiters {
  readonly #looks = new Set<() => void>();

  /** @throws the problem */
  wait({ test, problem, timeoutMs }: Awaited): Promise<void> {
    return new Promise((resolve, reject) => {
      const finish = (settle: () => void): void => {
        clearTimeout(timer);
        this.#looks.delete(look);
        settle();
      };
      const look = (): void => {
        const done = test();
        if (done) finish(resolve);
        const failure = done ? undefined : problem(false);
        if (failure !== undefined) finish(() => reject(failure));
      };
      const timer = setTimeout(() => finish(() => reject(problem(true))), timeoutMs);
      this.#looks.add(look);
      look();
    });
  }

  /** Something changed. */
  wake(): void {
    for (const look of [...this.#looks]) look();
  }
}
