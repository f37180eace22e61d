/**
 * One after the other, in turns of the event loop of their own: answers that take time to make leave as much time between them as each
 * took, for everything else that the process does.
 */
export class AnswerTurns {
  #last: Promise<void> = Promise.resolve();

  /** Resolves when it is this one's turn, which ends with the turn of the event loop. */
  next(): Promise<void> {
    const turn = this.#last;
    this.#last = turn.then(pauseAfter);
    return turn;
  }
}

async function pauseAfter(): Promise<void> {
  const begun = performance.now();
  await new Promise<void>((resolve) => setImmediate(resolve));
  const tookMs = performance.now() - begun;
  if (tookMs >= 1) await new Promise<void>((resolve) => setTimeout(resolve, tookMs));
}
